/** The longest side of a stored image, in pixels; larger photographs are made smaller, larger arrays refused. */
export const MOST_SIDE = 256;
/** All pixels of a dataset as they are stored, in bytes; images are made smaller until they fit. */
export const MOST_STORED_BYTES = 8 * 2 ** 30;
