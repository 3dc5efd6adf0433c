// The widget manager asks version 2 of MathJax to set the formulas in its texts. Pages have version 3.
document.addEventListener("DOMContentLoaded", () => {
  if (!window.MathJax) return; // no formula on this page
  const typeset = (part) => MathJax.startup?.promise.then(() => MathJax.typesetPromise([part]));
  MathJax.Hub = { Queue: ([, , part]) => typeset(part) };
});
