// Beside the button of a chart's own menu that saves a PNG, one that saves an SVG; and both in the reader's language.
// Plotly takes buttons of one's own as functions only, which cannot travel from the server, so they are put in here.
// Markup must not stand in this script: a cleaner on the way to the page would take the whole of it out.
(words => {
  const MENU = ".js-plotly-plot .modebar-group > button[data-title]";
  const ICON = "M4 20h16v-2H4v2zM12 16l6-6-1.4-1.4L13 12.2V3h-2v9.2L7.4 8.6 6 10z";
  const LEAST_WIDTH = 900; // of a saved picture, in pixels of the page: room for a title in wider letters
  window.layerwiseChartWords = words;

  const say = (button, text) => {
    if (button.dataset.title !== text) button.dataset.title = text;
    button.setAttribute("aria-label", text);
  };

  // A saved picture has no fonts of ours: it is laid out in those that it will be read in, or its words would be cut.
  const plainFonts = (node, undo) => {
    for (const [name, value] of Object.entries(node)) {
      if (name === "family") {
        undo.push(() => (node.family = value));
        node.family = value.includes("Serif") ? "serif" : "sans-serif";
      } else if (value && typeof value === "object") plainFonts(value, undo);
    }
  };

  const beforeSaving = event => {
    const saver = event.target.closest?.('[data-layerwise="png"]');
    if (!saver) return;
    const undo = [];
    const chart = saver.closest(".js-plotly-plot");
    const { layout, _context: { toImageButtonOptions: options } } = chart;
    plainFonts(layout, undo);
    options.width = Math.max(chart.clientWidth, LEAST_WIDTH);
    options.height = chart.clientHeight;
    const bar = layout.coloraxis?.colorbar;
    if (bar) {
      const before = bar.ypad;
      bar.ypad = 6; // such fonts are taller, too
      undo.push(() => (bar.ypad = before));
    }
    setTimeout(() => undo.forEach(restore => restore()));
  };

  const saveVector = saver => {
    const options = saver.closest(".js-plotly-plot")._context.toImageButtonOptions;
    const before = options.format;
    options.format = "svg";
    saver.click(); // reads the format at once
    options.format = before;
  };

  const beside = saver => {
    const added = saver.cloneNode(true);
    added.dataset.layerwise = "svg";
    added.querySelector("svg").setAttribute("viewBox", "0 0 24 24");
    added.querySelector("path").setAttribute("d", ICON);
    added.querySelector("path").removeAttribute("transform");
    added.addEventListener("click", () => saveVector(saver));
    saver.after(added);
    return added;
  };

  const complete = () => {
    for (const button of document.querySelectorAll(MENU)) {
      const spoken = window.layerwiseChartWords;
      if (button.dataset.layerwise === "svg") say(button, spoken.svg);
      else if (button.dataset.title === "Fullscreen") button.dataset.layerwise = "full";
      else if (button.dataset.title === "Close fullscreen") button.dataset.layerwise = "close";
      else if (button.dataset.title.startsWith("Download plot")) {
        button.dataset.layerwise = "png";
        say(beside(button), spoken.svg);
      }
      if (button.dataset.layerwise === "png") say(button, spoken.png);
      if (button.dataset.layerwise === "full") say(button, spoken.full);
      if (button.dataset.layerwise === "close") say(button, spoken.close);
    }
  };

  complete();
  if (window.layerwiseChartMenu) return;
  let due = false;
  window.layerwiseChartMenu = new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      complete();
    });
  });
  document.addEventListener("click", beforeSaving, true);
  window.layerwiseChartMenu.observe(document.body, { childList: true, subtree: true });
})(WORDS);
