let listener: () => void = () => undefined;

/** Lets somebody hear the signs of life of what this thread does; the last one who asked does. */
export function hearLifeSigns(hear: () => void): void {
  listener = hear;
}

/** This thread gets on with its work. Cheap: given between the pieces of work that nothing else tells of. */
export function giveLifeSign(): void {
  listener();
}
