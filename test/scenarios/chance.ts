/** Loaded ahead of the bundle: its chance is always the same, so that pauses between retries are, and with them times. */
Math.random = () => 0.5
