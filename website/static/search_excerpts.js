// Sphinx takes the excerpt below a search result from the whole page, buttons included. Here it takes the article.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return; // not the search page
  Search.htmlToText = (page, anchor) => {
    const html = new DOMParser().parseFromString(page, "text/html");
    const article = html.querySelector("article") ?? html.body;
    const place = anchor ? (article.querySelector(anchor) ?? article) : article;
    place.querySelectorAll(".headerlink, script, style").forEach((part) => part.remove());
    const meaning = place.tagName === "DT" ? ` ${place.nextElementSibling.textContent}` : "";
    return (place.textContent + meaning).replace(/\s+/g, " ");
  };
});
