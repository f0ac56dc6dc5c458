/** Columns of a character, by the ranges that a terminal gives two. */
function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x200b || (code >= 0x300 && code < 0x370)) return 0;
  const isWide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
    (code >= 0xac00 && code < 0xd7a4) || (code >= 0xff01 && code < 0xff61) ||
    (code >= 0x1f300 && code < 0x1f650) || (code >= 0x20000 && code < 0x3fffe);
  return isWide ? 2 : 1;
}

/**
 * What a terminal shows: the part of ECMA-48 that this program, Deno and a line discipline write.
 * Anything else throws.
 */
export class Screen {
  readonly #columns: number;
  readonly #rows: number;
  /** All lines from the beginning; the last `rows` are on the screen. A wide character's second cell is "". */
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor({ columns, rows }: { columns: number; rows: number }) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Lines since the beginning, those that scrolled away too, without blanks at their ends. */
  get lines(): string[] {
    const lines = this.#lines.map((cells) =>
      Array.from(cells, (cell) => cell ?? " ").join("").trimEnd()
    );
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** The lines on the screen. */
  get shown(): string[] {
    return this.lines.slice(this.#top);
  }

  get #top(): number {
    return Math.max(0, this.#lines.length - this.#rows);
  }

  /** Takes output with CR LF at the ends of lines, as a line discipline gives it. */
  write(output: string): this {
    const tokens = output.matchAll(
      // deno-lint-ignore no-control-regex -- control sequences are its subject
      /\x1b\[([?\d;]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]/gu,
    );
    for (const [token, parameters = "", action] of tokens) {
      if (action !== undefined) this.#control(action, parameters);
      else if (token === "\r") this.#column = 0;
      else if (token === "\n") this.#down();
      else if (token === "\b") this.#column = Math.max(0, this.#column - 1);
      else if (token < " ") {
        if (token !== "\x07" && !token.startsWith("\x1b")) {
          throw new Error(`no rule for ${JSON.stringify(token)}`);
        }
      } else this.#put(token);
    }
    return this;
  }

  #put(character: string): void {
    const width = widthOf(character);
    if (width === 0) return;
    if (this.#column + width > this.#columns) {
      this.#column = 0;
      this.#down();
    }
    const line = this.#lines[this.#row] ?? [];
    line[this.#column] = character;
    if (width === 2) line[this.#column + 1] = "";
    this.#column += width;
  }

  #down(): void {
    this.#row++;
    while (this.#lines.length <= this.#row) this.#lines.push([]);
  }

  #control(action: string, parameters: string): void {
    const count = Math.max(1, Number(parameters.split(";")[0]) || 1);
    const kind = Number(parameters) || 0;
    switch (action) {
      case "A":
        this.#row = Math.max(this.#top, this.#row - count);
        break;
      case "B":
        this.#row = Math.min(this.#lines.length - 1, this.#row + count);
        break;
      case "C":
        this.#column = Math.min(this.#columns - 1, this.#column + count);
        break;
      case "D":
        this.#column = Math.max(0, this.#column - count);
        break;
      case "G":
        this.#column = count - 1;
        break;
      case "K":
        this.#clearLine(kind);
        break;
      case "J":
        if (kind !== 0) throw new Error(`no rule for CSI ${kind} J`);
        this.#clearLine(0);
        for (const line of this.#lines.slice(this.#row + 1)) line.length = 0;
        break;
      case "h":
      case "l":
      case "m":
        break;
      default:
        throw new Error(`no rule for CSI ${parameters} ${action}`);
    }
  }

  #clearLine(kind: number): void {
    const line = this.#lines[this.#row] ?? [];
    if (kind === 0) line.length = Math.min(line.length, this.#column);
    else if (kind === 2) line.length = 0;
    else line.fill(" ", 0, this.#column + 1);
  }
}
