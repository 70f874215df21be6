// The name of an uploader's button for those who hear it: a style sheet alone puts it before the eyes only.
// Streamlit draws the button anew now and then, without a name.
((where, name) => {
  window.layerwiseUploaders ??= new Map();
  const known = window.layerwiseUploaders;
  known.set(where, name);
  const complete = () => {
    for (const [place, spoken] of known) {
      for (const button of document.querySelectorAll(place)) {
        if (button.getAttribute("aria-label") !== spoken) button.setAttribute("aria-label", spoken);
      }
    }
  };
  complete();
  if (window.layerwiseUploaderNames) return;
  window.layerwiseUploaderNames = new MutationObserver(complete);
  window.layerwiseUploaderNames.observe(document.body, { childList: true, subtree: true });
})(WHERE, NAME);
