/** Follows a log. A process that is restarted begins its log anew, in a new file of the same name. */
import * as fs from "node:fs";

/** How far a log has been read: in which file, and to which byte. */
export interface Position {
  readonly inode: number;
  readonly offset: number;
}

/** Bytes that are read at once: a log of any length takes no more memory. */
const CHUNK = 1 << 16;

export class Tail {
  private readonly chunk = Buffer.alloc(CHUNK);
  private file: number | undefined;
  /** The start of a line whose end is not written yet. */
  private rest = Buffer.alloc(0);

  /** Continues at a position, unless the file is another one by now. */
  constructor(
    private readonly path: string,
    private at: Position = { inode: 0, offset: 0 },
  ) {}

  /** The end of the last line that was read. */
  get position(): Position {
    return { inode: this.at.inode, offset: this.at.offset - this.rest.length };
  }

  /** The lines that were added since the last call. */
  *lines(): Generator<string> {
    if (this.file !== undefined) {
      yield* this.read(this.file);
    }
    const current = fs.statSync(this.path, { throwIfNoEntry: false });
    if (!current || (this.file !== undefined && current.ino === this.at.inode)) {
      return;
    }
    if (this.file !== undefined) {
      fs.closeSync(this.file);
      this.rest = Buffer.alloc(0);
    }
    this.file = fs.openSync(this.path, "r");
    const { ino, size } = fs.fstatSync(this.file);
    const isSame = ino === this.at.inode && this.at.offset <= size;
    this.at = { inode: ino, offset: isSame ? this.at.offset : 0 };
    yield* this.read(this.file);
  }

  private *read(file: number): Generator<string> {
    for (;;) {
      const length = fs.readSync(file, this.chunk, 0, CHUNK, this.at.offset);
      if (length === 0) {
        return;
      }
      this.at = { ...this.at, offset: this.at.offset + length };
      const text = Buffer.concat([this.rest, this.chunk.subarray(0, length)]);
      const end = text.lastIndexOf("\n") + 1;
      this.rest = Buffer.from(text.subarray(end));
      if (end > 0) {
        yield* text.toString("utf8", 0, end - 1).split("\n");
      }
    }
  }
}
