import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openRefinery } from "../../../pipeline/ingest/refinery.ts";
import { StageMeter } from "../../../stages/meter.ts";
import { NO_REFINING, openSeenTexts } from "../../../stages/refine/mod.ts";

Deno.test("a run does not go on with fewer seen texts than its mark says", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const at = (name: string) => join(dir, name);
    const paths = { seenTexts: at("seen"), nearTexts: at("near"), siteLines: at("lines") };
    const open = async (texts?: number) => {
      const cursor = texts === undefined ? undefined : { texts };
      const meter = new StageMeter("refine");
      using _ = await openRefinery({
        ...{ paths, meter, cursor, settings: NO_REFINING, minChars: 1, dedupAgainst: [] },
      });
    };
    // One that was set aside begins anew.
    await open(3);
    {
      using seen = openSeenTexts(paths.seenTexts);
      for (const text of ["one", "two", "three"]) seen.firstId(text, text);
      assertEquals(seen.size, 3);
    }
    for (const texts of [undefined, 0, 2, 3]) await open(texts);
    const error = await assertRejects(() => open(4), Error);
    assertEquals(
      error.message,
      `Cannot use ${paths.seenTexts}: it has 3 of the 4 texts that were seen, it is damaged; ` +
        "`deno task repair RUN` says what can be saved",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
