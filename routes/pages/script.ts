/**
 * The script of the pages on which a password is typed. Without it the pages do all that they are for.
 *
 * @module
 */

/**
 * The whole script: it adds a switch that shows what is typed, and tells two passwords that differ before they are
 * sent. It is written for browsers of older TVs, too.
 */
export const SCRIPT = `"use strict";
document.addEventListener("DOMContentLoaded", function () {
  document.querySelectorAll("form").forEach(function (form) {
    var fields = form.querySelectorAll("input[type=password]");
    var shown = false;
    function show(now) {
      fields.forEach(function (field) { field.type = now ? "text" : "password"; });
    }

    var place = form.querySelector("[data-show]");
    if (place !== null) {
      var toggle = document.createElement("button");
      toggle.type = "button";
      toggle.setAttribute("role", "switch");
      toggle.setAttribute("aria-checked", "false");
      toggle.textContent = place.getAttribute("data-show");
      toggle.addEventListener("click", function () {
        shown = !shown;
        toggle.setAttribute("aria-checked", String(shown));
        show(shown);
      });
      place.appendChild(toggle);
    }

    form.addEventListener("submit", function (event) {
      var first = form.querySelector("[name=password]");
      var repeat = form.querySelector("[name=repeat]");
      if (
        repeat === null || first.value === "" || first.value.normalize("NFC") === repeat.value.normalize("NFC")
      ) {
        // A browser offers to keep what has the type of a password, and keeps a text by itself.
        show(false);
        return;
      }
      event.preventDefault();
      var fault = document.getElementById("repeat-fault");
      if (fault === null) {
        fault = document.createElement("p");
        fault.id = "repeat-fault";
        fault.className = "fault";
        repeat.parentNode.insertBefore(fault, repeat);
      }
      fault.textContent = form.getAttribute("data-differ");
      repeat.setAttribute("aria-invalid", "true");
      repeat.setAttribute("aria-describedby", "repeat-fault");
      repeat.focus();
    });
  });
});
`;
