export { DOMParser } from "npm:linkedom@0.18.15";
