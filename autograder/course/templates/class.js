// Sorts, filters and searches the table of everyone. Without it the page is the same, in the order of the names.
"use strict";
{
  const byId = (id) => document.getElementById(id);
  const [search, show, edition, count] = ["search", "show", "edition", "count"].map(byId);
  const body = byId("everyone").tBodies[0];
  const rows = [...body.rows];
  const heads = [...byId("everyone").tHead.rows[0].cells];

  // Without accents and capitals, so that "jose" finds José.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const who = new Map(
    rows.map((row) => [row, plain([...row.querySelectorAll(".who")].map((cell) => cell.textContent).join(" "))]),
  );

  function filter() {
    const words = plain(search.value).split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const fits =
        (!show.value || row.dataset.is.split(" ").includes(show.value)) &&
        (!edition.value || row.dataset.edition === edition.value) &&
        words.every((word) => who.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  }

  const collator = new Intl.Collator("en", { numeric: true });
  function sort(head, column) {
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const keys = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
    const compare = head.classList.contains("number") ? (a, b) => a - b : collator.compare;
    rows.sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      return !a - !b || sign * compare(a, b); // what is empty comes last in both directions
    });
    body.append(...rows);
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, column));
    head.append(button);
  });
  for (const control of [search, show, edition]) control.addEventListener("input", filter);
  byId("controls").hidden = false;
  filter();
}
