/* The demo's clock on the page: runs on from the instant the server gave. */

for (const time of document.querySelectorAll("time[data-clock]")) {
  const began = performance.now();
  const from = Date.parse(time.dataset.clock);
  const format = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$|^en-.*/, "en-GB"), {
    timeZone: time.dataset.zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const office = time.parentElement.querySelector("[data-changes]");
  const tick = () => {
    const now = from + performance.now() - began;
    time.textContent = format.format(now);
    if (now >= Date.parse(office?.dataset.changes)) office.textContent = office.dataset.then;
  };
  tick();
  setInterval(tick, 1000);
}
