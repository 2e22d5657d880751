// Comfort only: every page works without it.
(function () {
  "use strict";
  // A form is sent once: the second click waits.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      form.dataset.sent = "1";
      window.setTimeout(function () { delete form.dataset.sent; }, 8000);
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });
  // Take a suggestion into the fields it names.
  document.addEventListener("click", function (event) {
    var pick = event.target.closest("[data-fill]");
    if (!pick) { return; }
    event.preventDefault();
    var values = JSON.parse(pick.dataset.fill);
    Object.keys(values).forEach(function (id) {
      var input = document.getElementById(id);
      if (input) { input.value = values[id]; input.dispatchEvent(new Event("change", { bubbles: true })); }
    });
    var list = pick.closest(".suggestions");
    if (list) { list.replaceChildren(); }
  });
  // Print buttons.
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) { window.print(); }
  });
  // What is being typed in a form marked data-keep survives a dead battery or a lost network, on this device only,
  // for this person and this patient; it goes once the server has answered, and when somebody signs out.
  var PREFIX = "carnet-draft-", HOURS = 12;
  function drafts(act) {
    try {
      Object.keys(localStorage).filter(function (key) { return key.indexOf(PREFIX) === 0; }).forEach(act);
    } catch (problem) { /* storage is off: nothing is kept */ }
  }
  function texts(form) {
    return Array.prototype.filter.call(form.elements, function (el) {
      return el.name && /^(text|textarea)$/.test(el.type);
    });
  }
  var sent = sessionStorage.getItem("carnet-sent");
  if (sent && !document.querySelector("input[type=password]")) {
    localStorage.removeItem(sent);
    sessionStorage.removeItem("carnet-sent");
  }
  drafts(function (key) {
    if (Date.now() - (JSON.parse(localStorage.getItem(key)).at || 0) > HOURS * 36e5) { localStorage.removeItem(key); }
  });
  document.querySelectorAll("form[data-keep]").forEach(function (form) {
    var key = PREFIX + form.dataset.keep, rev = (form.elements.rev || {}).value || "", timer;
    var kept = JSON.parse(localStorage.getItem(key) || "null");
    if (kept && kept.rev === rev && kept.path === location.pathname) {
      texts(form).forEach(function (el, n) { if (kept.values[n] !== undefined) { el.value = kept.values[n]; } });
      var note = document.createElement("p"), forget = document.createElement("button");
      note.className = "note note-warning"; note.setAttribute("role", "status");
      note.textContent = form.dataset.kept + " ";
      forget.type = "button"; forget.className = "link"; forget.textContent = form.dataset.forget;
      forget.addEventListener("click", function () { localStorage.removeItem(key); location.reload(); });
      note.appendChild(forget);
      form.insertBefore(note, form.firstChild);
    }
    form.addEventListener("input", function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(function () {
        var values = texts(form).map(function (el) { return el.value; });
        localStorage.setItem(key, JSON.stringify({ at: Date.now(), rev: rev, path: location.pathname, values: values }));
      }, 400);
    });
    form.addEventListener("submit", function () { window.clearTimeout(timer); sessionStorage.setItem("carnet-sent", key); });
  });
  document.addEventListener("submit", function (event) {
    if (/\/logout\/$/.test(event.target.action)) { drafts(function (key) { localStorage.removeItem(key); }); }
  });
  var errors = document.getElementById("errors");
  if (errors) { errors.focus(); }
})();
