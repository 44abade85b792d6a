const tickMs = 20

/**
 * How long this process stood still. If there are more busy processes than cores the service stands still as well, and
 * that time is not its own fault.
 */
export function createStallMeter() {
  let stalledMs = 0
  let lastMs = performance.now()
  const sinceTick = () => Math.max(0, performance.now() - lastMs - tickMs)
  const timer = setInterval(() => {
    stalledMs += sinceTick()
    lastMs = performance.now()
  }, tickMs)
  return {
    /** Since the beginning. */
    stalledMs: () => stalledMs + sinceTick(),
    stop: () => clearInterval(timer),
  }
}
