// Keeps a page live: when something happened, the page is asked for again and its parts are put in
// place. The place of the eye and the focus stay. Nothing is put under a pointer that is down, where
// it would take the click, nor under words that are selected: it waits. Without this script a page
// is read as it was.
"use strict";
(() => {
  const live = document.getElementById("live");
  const connection = document.getElementById("connection");
  if (!live || !window.EventSource) return;
  let asking = false, again = false, timer = 0, down = false, waiting = false;
  const say = (words) => { if (connection.textContent !== words) connection.textContent = words; };

  const held = () => {
    const selected = getSelection();
    return down || (!selected.isCollapsed && live.contains(selected.anchorNode));
  };
  const free = () => { if (waiting && !held()) { waiting = false; soon(); } };

  const refresh = async () => {
    if (held()) { waiting = true; return; }
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      if (held()) {
        waiting = true;
      } else if (fresh && fresh.dataset.sequence !== live.dataset.sequence) {
        const focus = document.activeElement;
        const links = [...live.querySelectorAll("a, [tabindex]")];
        const place = live.contains(focus) ? links.indexOf(focus) : -1;
        const scrolled = [...live.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
        live.replaceChildren(...fresh.childNodes);
        live.dataset.sequence = fresh.dataset.sequence;
        live.querySelectorAll(".scroll").forEach((box, at) => { box.scrollLeft = scrolled[at] || 0; });
        if (place >= 0) live.querySelectorAll("a, [tabindex]")[place]?.focus({ preventScroll: true });
        const footer = page.querySelector("footer");
        if (footer) document.querySelector("footer")?.replaceWith(footer);
      }
      say("Live");
    } catch {
      say("Not live: the service does not answer");
    }
    asking = false;
    if (again) { again = false; soon(); }
  };
  const soon = () => { if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, 300); };

  addEventListener("pointerdown", () => { down = true; });
  // The click comes after the pointer is up.
  for (const up of ["pointerup", "pointercancel"]) {
    addEventListener(up, () => { setTimeout(() => { down = false; free(); }, 0); });
  }
  document.addEventListener("selectionchange", free);

  const stream = new EventSource("/v1/pulse?after=" + live.dataset.sequence);
  stream.addEventListener("open", () => say("Live"));
  stream.addEventListener("pulse", soon);
  stream.addEventListener("error", () => say("Not live: trying again"));
})();
