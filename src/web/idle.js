// Islands come alive when the browser is idle, and some never are: a tab in the background, a page that draws nothing. They get a time-out.
(() => {
  const whenIdle = window.requestIdleCallback
  if (whenIdle) window.requestIdleCallback = (what, how) => whenIdle.call(window, what, { timeout: 500, ...how })
})()
