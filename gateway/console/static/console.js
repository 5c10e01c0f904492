// What the pages do beyond reading: nothing here is needed to read them.
"use strict";

// "/" goes to the search, as on the sites that operators know; Escape closes the menu.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.getElementById("find");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// On a narrow screen the sections stand in one line: the one that is open is brought into sight.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A form that was refused comes back with its summary: that is where reading goes on.
document.getElementById("errors")?.focus();

// A case that moves on is fetched anew, piece by piece, and said to those who cannot see it.
const live = document.querySelector("[data-stream]");
if (live && "EventSource" in window) {
  const stream = new EventSource(live.dataset.stream);
  stream.addEventListener("moved", () => {
    document.querySelector("[data-stream]")?.dispatchEvent(new CustomEvent("darcha:moved"));
  });
  window.addEventListener("pagehide", () => stream.close());
}

document.addEventListener("htmx:after:swap", () => {
  const news = document.getElementById("news");
  if (live && news) news.textContent = `${news.dataset.updated}, ${new Date().toLocaleTimeString()}`;
});
