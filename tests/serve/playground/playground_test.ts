import { assertEquals } from "@std/assert";
import { isThere } from "../../commands/program.ts";

Deno.test({
  name: "playground: used in Chromium, by mouse, keyboard and screen reader",
  // Debian: apt-get install chromium
  ignore: !await isThere("/usr/bin/chromium"),
  async fn() {
    const browsers = ["browser.ts", "chat_browser.ts", "programs_browser.ts"]
      .map((name) => new URL(name, import.meta.url).pathname);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--no-check", "--allow-all", ...browsers],
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, `${out}${err}`);
  },
});
