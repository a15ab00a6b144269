/** Something that the user can mend; the message says how. */
export class StackError extends Error {}
