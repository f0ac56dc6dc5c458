/** A page that shows a form, which shows another twice, and so on: 2^`forms` texts. */
export function endlessPdf(forms = 28): string {
  const stream = (entries: string, content: string) =>
    `<<${entries}/Length ${content.length}>>stream\n${content}\nendstream`;
  const font = "/Font<</A 5 0 R>>";
  const form = (own: string) => `/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<<${own}>>`;
  const objects = new Map([
    [1, "<</Type/Catalog/Pages 2 0 R>>"],
    [2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"],
    [
      3,
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Resources<</XObject<</F0 10 0 R>>${font}>>/Contents 4 0 R>>`,
    ],
    [4, stream("", "/F0 Do")],
    [5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"],
    [10 + forms, stream(form(font), "BT /A 12 Tf 1 0 0 1 10 10 Tm (x) Tj ET")],
  ]);
  for (let i = 0; i < forms; i++) {
    objects.set(10 + i, stream(form(`/XObject<</F ${11 + i} 0 R>>${font}`), "/F Do /F Do "));
  }
  const body = [...objects].map(([number, object]) => `${number} 0 obj\n${object}\nendobj\n`);
  return `%PDF-1.4\n${body.join("")}trailer<</Root 1 0 R/Size ${11 + forms}>>\n`;
}
