export interface PixelSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface DataSize {
  readonly rows: number;
  readonly features: number;
  /** Shape of the images; null or left out of a table. */
  readonly image?: PixelSize | null;
}
