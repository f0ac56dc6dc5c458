import { assertEquals } from "@std/assert";
import { History } from "../../serve/dashboard/history.ts";
import { isThere } from "../commands/program.ts";

Deno.test("history: a long run is thinned to means, its validations and last step are kept", () => {
  const history = new History();
  for (let step = 1; step <= 2051; step++) {
    history.add({ step, loss: step, ...(step % 1000 === 0 && { validationLoss: step / 1000 }) });
  }
  const { steps, loss, gradNorm, validationSteps, validationLoss } = history.curves();
  // 2048 points became 1024 means of two; then one more of two, and one that is not full.
  assertEquals(steps.length, 1026);
  assertEquals([steps[0], loss[0], steps.at(-1), loss.at(-1)], [2, 1.5, 2051, 2051]);
  assertEquals(gradNorm[0], null);
  assertEquals([validationSteps, validationLoss], [[1000, 2000], [1, 2]]);
});

Deno.test({
  name: "dashboard: a page in Chromium follows a real run",
  // Debian: apt-get install chromium
  ignore: !await isThere("/usr/bin/chromium"),
  async fn() {
    const browser = new URL("dashboard_browser.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--allow-all", browser],
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, `${out}${err}`);
  },
});
