import { assertEquals } from "@std/assert";
import { sourceOf } from "../../run/document_source.ts";

Deno.test("a source is the operand that a document came from, named from their common folder", () => {
  const operands = ["/data/my books", "/data/posts.jsonl", "https://example.org:8080/docs/", "-"];
  const of = (url: string, sources: readonly string[] = operands) => sourceOf({ url }, sources);
  assertEquals(of("file:///data/my%20books/one.txt"), "my books/");
  assertEquals(of("file:///data/my%20books/a/b/two.txt#part=2"), "my books/");
  assertEquals(of("file:///data/posts.jsonl#line=12"), "posts.jsonl");
  assertEquals(of("https://example.org:8080/docs/a"), "example.org:8080");
  assertEquals(of("https://other.example.org/a"), "other.example.org");
  assertEquals(of("file:///dev/stdin#line=3"), "-");
  // Names that begin alike, and folders in one another.
  assertEquals(of("file:///x/ab/1.txt", ["/x/a", "/x/ab"]), "ab/");
  assertEquals(of("file:///x/a/b/1.txt", ["/x/a", "/x/a/b"]), "a/b/");
  assertEquals(of("file:///x/one/docs/1.txt", ["/x/one/docs", "/x/two/docs"]), "one/docs/");
  assertEquals(of("file:///1.txt", ["/"]), "/");
});

Deno.test("the folders of a single operand tell its documents apart", () => {
  const of = (url: string) => sourceOf({ url }, ["/data/docs"]);
  assertEquals(of("file:///data/docs/git/1.txt"), "docs/git/");
  assertEquals(of("file:///data/docs/sqlite/a/1.txt"), "docs/sqlite/");
  assertEquals(of("file:///data/docs/index.html"), "docs/");
});

Deno.test("a page out of a WARC file belongs to the file where that is an operand, else to its host", () => {
  const page = { url: "https://example.org/a", warc: { file: "crawl.warc.gz", offset: 7 } };
  assertEquals(sourceOf(page, ["/data/crawl.warc.gz", "/data/b.txt"]), "crawl.warc.gz");
  assertEquals(sourceOf(page, ["/data/crawls"]), "example.org");
});
