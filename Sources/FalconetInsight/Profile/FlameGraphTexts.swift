/// What is the same, or nearly so, in every flame graph.
enum FlameGraphTexts {
  static func header(width: Int, height: Int) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="\(width)" height="\(height)" \
    viewBox="0 0 \(width) \(height)">
    <style>
    svg { background: #fff; }
    text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #111; }
    #frames text { font-size: 11.5px; pointer-events: none; }
    #frames g { cursor: pointer; }
    #frames rect:hover { stroke: #000; stroke-width: 0.8; }
    #frames g.found rect { fill: #c06be0; }
    .control { cursor: pointer; fill: #06c; }
    </style>

    """
  }

  static func controls(width: Int) -> String {
    """
    <text id="reset" class="control" x="\(width / 2)" y="20" visibility="hidden">whole picture</text>
    <text id="search" class="control" x="\(width - 10)" y="20" text-anchor="end">search</text>

    """
  }

  /// Zoom: the clicked frame, and all whose range holds its range or lies in it, are stretched; the
  /// others are hidden. Works on the numbers that the elements were written with.
  static let script = """
    <script><![CDATA[
    (function () {
      "use strict";
      var width = document.documentElement.viewBox.baseVal.width, letter = 7;
      var reset = document.getElementById("reset"), search = document.getElementById("search");
      var frames = Array.from(document.querySelectorAll("#frames > g"), function (g) {
        var rect = g.querySelector("rect");
        return { g: g, rect: rect, text: g.querySelector("text"),
          name: g.querySelector("title").textContent.replace(/ \\([^(]*\\)$/, ""),
          x: +rect.getAttribute("x"), w: +rect.getAttribute("width"), y: +rect.getAttribute("y") };
      });
      function draw(focus) {
        var scale = width / focus.w;
        frames.forEach(function (f) {
          var below = f.y > focus.y && f.x <= focus.x + 0.02 && f.x + f.w >= focus.x + focus.w - 0.02;
          var above = f.y <= focus.y && f.x >= focus.x - 0.02 && f.x + f.w <= focus.x + focus.w + 0.02;
          f.g.style.display = below || above ? "" : "none";
          if (!below && !above) { return; }
          var x = below ? 0 : (f.x - focus.x) * scale, w = below ? width : f.w * scale;
          f.rect.setAttribute("x", x);
          f.rect.setAttribute("width", w);
          f.rect.style.opacity = below ? 0.55 : 1;
          f.text.setAttribute("x", x + 3);
          var letters = Math.floor((w - 4) / letter);
          f.text.textContent = letters < 3 ? ""
            : f.name.length <= letters ? f.name : f.name.slice(0, letters - 1) + "\\u2026";
        });
        reset.setAttribute("visibility", focus === whole ? "hidden" : "visible");
      }
      var whole = { x: 0, w: width, y: Infinity };
      frames.forEach(function (f) {
        f.g.addEventListener("click", function () { draw(f); });
      });
      reset.addEventListener("click", function () { draw(whole); });
      search.addEventListener("click", function () {
        var part = prompt("Part of a function's name:");
        frames.forEach(function (f) {
          f.g.classList.toggle("found", !!part && f.name.includes(part));
        });
      });
    })();
    ]]></script>

    """
}
