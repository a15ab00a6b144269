/** Reads a resource's inputs and tracks which were read, so that none is silently ignored. */

/** An input has an unexpected type, or is not supported. */
export class InputError extends Error {}

/** The inputs of a resource, or of an object nested in them. */
export class Inputs {
  private readonly unread: Set<string>;
  private readonly children: Inputs[] = [];

  /** @param path is the path of the nested object. */
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly path = "",
  ) {
    this.unread = new Set(Object.keys(values).filter((key) => values[key] !== undefined));
  }

  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  string(key: string): string {
    return this.required(key, this.optionalString(key));
  }

  optionalString(key: string): string | undefined {
    return this.read(key, (value) => typeof value === "string", "a string") as string | undefined;
  }

  number(key: string): number {
    return this.required(key, this.optionalNumber(key));
  }

  optionalNumber(key: string): number | undefined {
    return this.read(key, (value) => typeof value === "number", "a number") as number | undefined;
  }

  boolean(key: string): boolean {
    return this.required(key, this.optionalBoolean(key));
  }

  optionalBoolean(key: string): boolean | undefined {
    return this.read(key, (value) => typeof value === "boolean", "a boolean") as boolean | undefined;
  }

  strings(key: string): string[] | undefined {
    const isStrings = (value: unknown) =>
      Array.isArray(value) && value.every((item) => typeof item === "string");
    return this.read(key, isStrings, "a list of strings") as string[] | undefined;
  }

  /** A map with arbitrary keys, such as tags or variables. */
  map<T extends string | boolean>(key: string): Record<string, T> | undefined {
    return this.read(key, isObject, "a map") as Record<string, T> | undefined;
  }

  /** A value of any type, for the caller to check. */
  any(key: string): unknown {
    return this.read(key, () => true, "anything");
  }

  /** A nested object. */
  object<T>(key: string, read: (inputs: Inputs) => T): T | undefined {
    const value = this.read(key, isObject, "an object");
    return value === undefined ? undefined : read(this.child(key, value as Record<string, unknown>));
  }

  /** A list of nested objects; empty if absent. */
  list<T>(key: string, read: (inputs: Inputs) => T): T[] {
    const isList = (value: unknown) => Array.isArray(value) && value.every(isObject);
    const values = (this.read(key, isList, "a list of objects") ?? []) as Record<string, unknown>[];
    return values.map((value, index) => read(this.child(`${key}[${index}]`, value)));
  }

  /** @throws InputError if an input was not read. */
  finish(): void {
    const [key] = this.unread;
    if (key !== undefined) {
      throw new InputError(`the local stack does not support the input "${this.path}${key}"`);
    }
    for (const child of this.children) {
      child.finish();
    }
  }

  private child(key: string, values: Record<string, unknown>): Inputs {
    const child = new Inputs(values, `${this.path}${key}.`);
    this.children.push(child);
    return child;
  }

  private read(key: string, isValid: (value: unknown) => boolean, what: string): unknown {
    this.unread.delete(key);
    const value = this.values[key];
    if (value !== undefined && !isValid(value)) {
      throw new InputError(`the input "${this.path}${key}" must be ${what}`);
    }
    return value;
  }

  private required<T>(key: string, value: T | undefined): T {
    if (value === undefined) {
      throw new InputError(`the input "${this.path}${key}" is missing`);
    }
    return value;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
