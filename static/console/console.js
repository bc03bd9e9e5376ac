// The console's only script: keys, dialogs, copying, clocks, filters. Pages work without it. No key and no timer ever moves money:
// keys open, move and search; deciding is a button that somebody presses.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Dialogs. The heading takes focus, so that Enter right after opening presses nothing.
  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const first = one("[autofocus], h2", dialog);
    if (first) first.focus();
  }

  // Copying says in words that it happened, also to those who do not see the button.
  async function copy(button) {
    const before = button.getAttribute("aria-label");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say(`Copied ${button.dataset.copy}`);
    } catch {
      say("The browser did not allow copying. Select the text instead.");
    }
    button.setAttribute("aria-label", before);
  }

  function say(text) {
    const toasts = document.getElementById("toasts");
    if (!toasts) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    const words = document.createElement("div");
    words.textContent = text;
    toast.append(words);
    toasts.append(toast);
    setTimeout(() => toast.remove(), 4000);
  }

  // Typing to confirm: the submit buttons of the form wait for the phrase; the server checks it again.
  function checkPhrase(input) {
    const matches = input.value.trim() === input.dataset.confirm;
    for (const button of all("button[type=submit], button:not([type])", input.form)) button.disabled = !matches;
  }

  function filterTimeline(button) {
    const group = button.closest("[data-timeline-filter]");
    for (const other of all("button", group)) other.setAttribute("aria-pressed", String(other === button));
    for (const item of all("[data-timeline] [data-kind]")) item.hidden = button.dataset.kind !== "" && item.dataset.kind !== button.dataset.kind;
  }

  // Clocks follow the server's time at loading, so that a wrong workstation clock does not show.
  const offset = (() => {
    const shown = one("[data-now]");
    return shown ? Date.parse(shown.dataset.now) - Date.now() : 0;
  })();

  function tick() {
    const now = new Date(Date.now() + offset);
    for (const clock of all("[data-clock]")) {
      const options = { timeZone: clock.dataset.clock, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      if (!("short" in clock.dataset)) options.second = "2-digit";
      clock.textContent = new Intl.DateTimeFormat("en-GB", options).format(now);
    }
    for (const left of all("[data-until]")) {
      const seconds = Math.max(0, Math.ceil((Date.parse(left.dataset.until) - now) / 1000));
      left.textContent = seconds ? `${seconds} s left` : "run out: ask for a new price";
      if (!seconds) for (const button of all("[data-while-good]")) button.disabled = true;
    }
  }

  // Rows: the whole row opens what its first link names.
  const rowLink = (row) => one("a[href]", row);

  function moveRow(step) {
    const rows = all("[data-rows] tbody tr, [data-rows] > li").filter((row) => rowLink(row));
    if (!rows.length) return;
    const current = rows.findIndex((row) => "current" in row.dataset);
    const next = rows[Math.min(rows.length - 1, Math.max(0, current + step))];
    if (current >= 0) delete rows[current].dataset.current;
    next.dataset.current = "";
    rowLink(next).focus();
    next.scrollIntoView({ block: "nearest" });
    next.dispatchEvent(new CustomEvent("row:current", { bubbles: true }));
  }

  function go(letter) {
    const link = one(`.nav [data-letter="${CSS.escape(letter)}"]`);
    if (link) link.click();
  }

  let leading = 0;
  function singleKey(event) {
    if (Date.now() - leading < 1500) {
      leading = 0;
      return go(event.key);
    }
    switch (event.key) {
      case "g":
        leading = Date.now();
        return true;
      case "j":
        return moveRow(1);
      case "k":
        return moveRow(-1);
      case "/":
        event.preventDefault();
        return one("#search")?.focus();
      case "?":
        return openDialog("keys");
      case ".":
        return one("[data-load-new]")?.click();
    }
  }

  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      const search = one("#search");
      if (search) search.select();
      return search?.focus();
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || document.body.dataset.shortcuts !== "on" || typing(event.target) || one("dialog[open]")) return;
    singleKey(event);
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-dialog], [data-close], [data-copy], [data-dismiss], [data-print], [data-timeline-filter] button");
    if (!target) {
      const row = event.target.closest("[data-rows] tbody tr");
      if (row && !event.target.closest("a, button, input, label") && !getSelection().toString()) rowLink(row)?.click();
      return;
    }
    if ("dialog" in target.dataset) openDialog(target.dataset.dialog);
    else if ("close" in target.dataset) target.closest("dialog").close();
    else if ("copy" in target.dataset) copy(target);
    else if ("dismiss" in target.dataset) target.closest(".toast").remove();
    else if ("print" in target.dataset) print();
    else filterTimeline(target);
  });

  document.addEventListener("input", (event) => {
    if (event.target.dataset.confirm !== undefined) checkPhrase(event.target);
    if (event.target.dataset.preview !== undefined) document.documentElement.dataset.theme = event.target.value;
  });

  // A form that was sent once is not sent twice by an impatient second press.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    if (event.target.dataset.sent !== undefined) return event.preventDefault();
    event.target.dataset.sent = "";
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  function prepare(root) {
    for (const input of all("[data-confirm]", root)) checkPhrase(input);
    for (const dialog of all("dialog[data-open]", root)) openDialog(dialog.id);
  }

  addEventListener("htmx:load", (event) => prepare(event.target));
  prepare(document);
  tick();
  setInterval(tick, 1000);
})();
