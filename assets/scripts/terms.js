// Explanations of marked terms: shown below the mark while the pointer or the keyboard is on it, hidden by Escape.
// They lie in the browser's top layer, so that no box cuts them off. One may move the pointer into them.
(() => {
  if (window.layerwiseTerms) return;
  window.layerwiseTerms = true;
  const WAIT = 150, GAP = 8, EDGE = 12; // milliseconds before it shows or hides, pixels to the mark and to the window
  let shown = null;
  let timer = 0;

  const of = mark => document.getElementById(mark.getAttribute("aria-describedby"));

  const place = (mark, tip) => {
    const at = mark.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(Math.max(EDGE, at.left), innerWidth - width - EDGE);
    const below = at.bottom + GAP + height + EDGE <= innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height)}px`;
  };

  const hide = () => {
    clearTimeout(timer);
    if (shown?.isConnected && shown.matches(":popover-open")) shown.hidePopover();
    shown = null;
  };

  const show = mark => {
    clearTimeout(timer);
    const tip = of(mark);
    if (shown === tip && tip.matches(":popover-open")) return;
    hide();
    tip.showPopover();
    place(mark, tip);
    shown = tip;
  };

  const later = what => {
    clearTimeout(timer);
    timer = setTimeout(what, WAIT);
  };

  const markAt = event => event.target.closest?.(".lw-term");

  document.addEventListener("pointerover", event => {
    const mark = markAt(event);
    if (mark) later(() => mark.isConnected && show(mark));
    else if (shown?.contains(event.target)) clearTimeout(timer);
    else if (shown) later(hide);
    else clearTimeout(timer);
  });
  document.addEventListener("focusin", event => {
    const mark = markAt(event);
    if (mark?.matches(":focus-visible")) show(mark);
    else if (shown) hide();
  });
  document.addEventListener("click", event => markAt(event) && show(markAt(event)));
  document.addEventListener("focusout", event => markAt(event) && hide());
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") hide();
    if (!markAt(event) || !["Enter", " "].includes(event.key)) return;
    event.preventDefault(); // a space would scroll
    show(markAt(event));
  });
  document.addEventListener("scroll", () => shown && hide(), true); // what is about to show may
})();
