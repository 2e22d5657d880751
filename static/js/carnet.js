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
  var errors = document.getElementById("errors");
  if (errors) { errors.focus(); }
})();
