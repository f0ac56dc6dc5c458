/**
 * What a run looks like: a live page over run folders, and the report of one that is done. It reads
 * files only, so any process can show any run.
 *
 * @module
 */
export { createDashboard, type DashboardOptions } from "./app.ts";
export type { ReportCourse, ReportVerdict } from "./conclusion.ts";
export { type Curves, type StepRecord } from "./history.ts";
export { type DashboardListenOptions, dashboardOf, listenDashboard } from "./listen.ts";
export { renderReport, type ReportParts } from "./report.ts";
export { readRun, type RunHistory, type ShownRun } from "./run_files.ts";
