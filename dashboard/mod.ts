/**
 * Shows runs: a live page over run folders, and the report of a finished run. It only reads files, so
 * any process can show any run.
 *
 * @module
 */
export { createDashboard, type DashboardOptions } from "./app.ts";
export type { ReportCourse, ReportVerdict } from "./conclusion.ts";
export { type Curves, type StepRecord } from "./history.ts";
export { type DashboardListenOptions, dashboardOf, listenDashboard } from "./listen.ts";
export { renderReport, type ReportParts, withTasks } from "./report.ts";
export { readRun, type RunHistory, type ShownRun } from "./run_files.ts";
