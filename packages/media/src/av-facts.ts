/** What could be found out about sound or video; what could not is absent. */
export interface AvFacts {
  readonly durationSeconds?: number;
  /** As displayed: after the rotation. */
  readonly width?: number;
  readonly height?: number;
}
