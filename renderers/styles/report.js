"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const unit = 10 ** -data.places;
  const MINUS = "\u2212";
  const byId = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll(".rows > li")];
  const list = document.querySelector(".rows");
  const state = { why: "predicted", by: 0, own: false, show: "all", text: "", word: null, cell: null, sort: "file" };
  const texts = rows.map((row) => [...row.querySelectorAll(".doc")].map((box) => box.textContent));
  const predicted = rows.map((row) => row.querySelector(".p").textContent);

  const DRAWN = ["svg", "rect", "line", "text", "path"];
  const element = (name, attributes = {}, ...children) => {
    const made = DRAWN.includes(name)
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const plain = (value, more = 0) => {
    const text = Math.abs(value) >= 1e6 ? value.toExponential(1) : value.toFixed(data.places - 1 + more);
    return /[1-9]/.test(text) ? text.replace("-", MINUS) : text.replace("-", "");
  };
  const signed = (value, more = 0) =>
    value === 0 ? "0" : (value > 0 ? "+" : MINUS) + plain(Math.abs(value), more);

  // The pieces of a text, negative where they are no token, out of lengths with the usual gaps left out.
  const pieceLengths = (lengths) => {
    const found = [];
    let afterToken = false;
    lengths.forEach((length) => {
      if (length > 0 && afterToken) found.push(-1);
      if (length) found.push(length);
      afterToken = length > 0;
    });
    return found;
  };
  data.docs.forEach((views) => views.forEach((view) => {
    view[1] = view[1].map((lengths) => (typeof lengths[0] === "string" ? lengths : pieceLengths(lengths)));
  }));

  // What is shown of a document: the explanation of the method, and the target in it; null where there is none.
  const viewOf = (i) => data.docs[i].find((view) => view[0] === state.by) || null;
  const targetOf = (i) => {
    const view = viewOf(i);
    if (!view) return null;
    const found = view[3];
    if (state.why === "predicted") return found.find((t) => t[1]) || found[0] || null;
    const label = state.why === "truth" ? data.truths[i] : data.labels[Number(state.why)];
    return found.find((t) => data.labels[t[0]] === label) || null;
  };
  const tokensOf = (i) => {
    const view = viewOf(i), target = targetOf(i), found = [];
    if (!view || !target) return found;
    view[1].forEach((lengths, k) => {
      let at = 0, n = 0;
      lengths.forEach((length, piece) => {
        if (typeof length === "string") {
          const weight = (target[6][k][n++] || 0) * unit;
          found.push({ k, piece, text: length, weight, start: n - 1, end: n });
          return;
        }
        const end = at + Math.abs(length);
        if (length >= 0) {
          const weight = (target[6][k][n++] || 0) * unit;
          found.push({ k, piece, text: texts[i][k].slice(at, end), weight, start: at, end });
        }
        at = end;
      });
    });
    found.forEach((token, index) => { token.index = index; });
    return found;
  };
  const scaleOf = (tokens) =>
    state.own ? tokens.reduce((most, t) => Math.max(most, Math.abs(t.weight)), 0) : data.scale;
  const levelOf = (weight, scale) => {
    const strength = scale ? Math.min(Math.abs(weight) / scale, 1) : 0;
    return strength < data.threshold ? 0 : Math.floor(data.steps * strength + 0.5);
  };
  const strongestFirst = (tokens) =>
    tokens.filter((t) => t.weight).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));

  // The strip of a row: bars up and down from a line.
  const drawStrip = (i) => {
    const tokens = tokensOf(i), scale = scaleOf(tokens), paths = { f: "", g: "" };
    const sizes = texts[i].map((text) => text.length);
    const length = sizes.reduce((a, b) => a + b, 0) || tokens.length || 1;
    const starts = sizes.map((_, k) => sizes.slice(0, k).reduce((a, b) => a + b, 0));
    tokens.forEach((token) => {
      const tall = Math.round(12 * Math.max(-1, Math.min(1, scale ? token.weight / scale : 0)));
      if (!tall) return;
      const before = starts[token.k] || 0;
      const left = Math.round((132 * (before + token.start)) / length);
      const width = Math.max(1, Math.round((132 * (before + token.end)) / length) - left);
      paths[tall > 0 ? "f" : "g"] += `M${left} 14h${width}v${-tall}h-${width}z`;
    });
    for (const kind of ["f", "g"]) rows[i].querySelector(`.strip .${kind}`).setAttribute("d", paths[kind]);
  };

  const equation = (target, gain, loss) => {
    const [, , score, baseline, beside, [speaksFor, against, name, unitName]] = target;
    const both = [
      element("b", { class: "kf" }, `${plain(gain)} ${speaksFor}`), ` ${MINUS} `,
      element("i", { class: "kg" }, `${plain(loss)} ${against}`),
    ];
    const parts = [`${name} `, element("b", {}, score === null ? "?" : plain(score))];
    if (baseline === null) {
      parts.push(`; the weights sum to ${plain(gain - loss)}: `, ...both);
    } else {
      parts.push(` = baseline ${plain(baseline)} + `, ...both);
      beside.filter(([, value]) => /[1-9]/.test(plain(value))).forEach(([what, value]) =>
        parts.push(` ${value > 0 ? "+" : MINUS} ${plain(Math.abs(value))} ${what}`));
    }
    if (!["score", "value"].includes(unitName)) parts.push(element("span", { class: "second" }, ` (${unitName})`));
    return parts;
  };

  const percent = (value) => `${(100 * Math.min(Math.max(value, 0), 1)).toFixed(1)}%`;
  const drawScore = (box, target, tokens, gain, loss) => {
    const [, , score, baseline] = target, [low, high] = data.ends, width = high - low;
    const ticks = [...box.querySelectorAll(".tick")];
    if (baseline === null || score === null || !(width > 0)) {
      box.hidden = true;
      return;
    }
    box.hidden = false;
    const svg = element("svg", {
      class: "sb", width: "100%", height: 56, role: "img", "aria-label": "from the baseline to the score",
    });
    const lane = (found, start, y, kind, total) => {
      const named = found.slice(0, 8).filter((t) => Math.abs(t.weight) / width >= 0.004);
      const rest = named.reduce((left, t) => left - Math.abs(t.weight), total);
      const segments = [...named.map((t) => [t, Math.abs(t.weight)]), [null, Math.max(rest, 0)]];
      let at = start;
      (kind === "g" ? segments.reverse() : segments).forEach(([token, size]) => {
        const rect = element("rect", { class: kind, x: percent(at / width), y, width: percent(size / width), height: 12 });
        svg.append(rect);
        if (token) rect.dataset.token = token.index;
        if (token && size / width > 0.09 && token.text.length * 7 < (size / width) * 420) {
          const place = { x: percent((at + size / 2) / width), y: y + 10, "text-anchor": "middle" };
          const text = element("text", place, token.text);
          text.dataset.token = token.index;
          svg.append(text);
        }
        at += size;
      });
    };
    const ranked = strongestFirst(tokens);
    lane(ranked.filter((t) => t.weight > 0), baseline - low, 14, "f", gain);
    lane(ranked.filter((t) => t.weight < 0), baseline + gain - loss - low, 28, "g", loss);
    const line = (kind, at) =>
      element("line", { class: kind, x1: percent(at / width), x2: percent(at / width), y1: 12, y2: 42 });
    const mark = (name, at) => {
      const anchor = at / width < 0.06 ? "start" : at / width > 0.94 ? "end" : "middle";
      return element("text", { class: "mark", x: percent(at / width), y: 9, "text-anchor": anchor }, name);
    };
    svg.append(line("base", baseline - low), line("end", score - low), mark("score", score - low), ...ticks);
    if (Math.abs(score - baseline) / width > 0.2) svg.append(mark("baseline", baseline - low));
    box.replaceChildren(svg);
  };

  const drawText = (i, tokens, scale) => {
    const view = viewOf(i);
    rows[i].querySelectorAll(".doc").forEach((box, k) => {
      const flags = new Map(view[2][k]), own = new Map(tokens.filter((t) => t.k === k).map((t) => [t.piece, t]));
      let at = 0;
      const parts = view[1][k].map((length, piece) => {
        const end = at + Math.abs(length), text = texts[i][k].slice(at, end), token = own.get(piece);
        const marks = flags.has(piece) ? flags.get(piece).split(" ") : [];
        at = end;
        if (!token && !marks.length) return text;
        const level = token ? levelOf(token.weight, scale) : 0, isFor = token && token.weight > 0;
        const kinds = level ? [(isFor ? "l" : "m") + level, ...marks] : marks;
        const made = element(level ? (isFor ? "b" : "i") : "span", kinds.length ? { class: kinds.join(" ") } : {}, text);
        if (token) made.dataset.token = token.index;
        return made;
      });
      box.replaceChildren(...parts);
    });
  };

  const drawBars = (i, tokens, scale, all) => {
    const ranked = strongestFirst(tokens), bars = element("ul", { class: "bars" });
    ranked.slice(0, all ? ranked.length : 8).forEach((token) => {
      const size = scale ? 50 * Math.min(Math.abs(token.weight) / scale, 1) : 0, isFor = token.weight > 0;
      const svg = element("svg", { width: 100, height: 12, "aria-hidden": "true" },
        element("rect", { class: isFor ? "f" : "g", x: isFor ? 50 : 50 - size, width: size, height: 12 }),
        element("line", { class: "axis", x1: 50, x2: 50, y2: 12 }));
      const button = element("button", { type: "button" },
        element("span", { class: "w", dir: "auto" }, token.text.trim() || "(blank)"), svg,
        element("span", { class: "num" }, signed(token.weight)));
      button.dataset.token = token.index;
      button.addEventListener("click", () => filterWord(token.text));
      bars.append(element("li", {}, button));
    });
    const more = element("button", { type: "button", class: "quiet" }, all ? "fewer words" : "all words");
    more.addEventListener("click", () => drawBars(i, tokens, scale, !all));
    const copy = element("button", { type: "button", class: "quiet" }, "copy as JSON");
    copy.addEventListener("click", () => copyText(JSON.stringify(asData(i), null, 1)));
    rows[i].querySelector(".strong").replaceChildren(bars, ...(ranked.length > 8 ? [more] : []), copy);
  };

  const drawDetail = (i) => {
    const target = targetOf(i), row = rows[i], why = row.querySelector(".why");
    if (!why) return;
    row.querySelector(".numbers").hidden = !target;
    if (!target) {
      why.textContent = "not explained for this class by this method";
      row.querySelectorAll(".doc").forEach((box, k) => box.replaceChildren(texts[i][k]));
      row.tokens = [];
      return;
    }
    const tokens = tokensOf(i), scale = scaleOf(tokens);
    const gain = tokens.reduce((sum, t) => sum + Math.max(t.weight, 0), 0);
    const loss = -tokens.reduce((sum, t) => sum + Math.min(t.weight, 0), 0);
    row.tokens = tokens;
    why.textContent = `why ${data.labels[target[0]]} ${target[8]}`.trim();
    row.querySelector(".equation").replaceChildren(...equation(target, gain, loss));
    drawText(i, tokens, scale);
    drawScore(row.querySelector(".score"), target, tokens, gain, loss);
    drawBars(i, tokens, scale, false);
  };

  // Pointing at a word, a segment or a bar lights all three and shows one tooltip.
  const tip = byId("tip");
  const dark = () => {
    tip.hidden = true;
    document.querySelectorAll(".on").forEach((each) => each.classList.remove("on"));
  };
  const light = (node) => {
    const row = node.closest(".rows > li"), token = row && row.tokens && row.tokens[Number(node.dataset.token)];
    dark();
    if (!token) return;
    row.querySelectorAll(`[data-token="${token.index}"]`).forEach((each) => each.classList.add("on"));
    const target = targetOf(rows.indexOf(row)), [speaksFor, against] = target[5];
    const size = Math.abs(token.weight), lines = [token.text.trim() || "(blank)"];
    lines.push(`${signed(token.weight, 1)} for ${data.labels[target[0]]}`);
    const side = row.tokens.reduce((sum, t) => sum + (t.weight * token.weight > 0 ? Math.abs(t.weight) : 0), 0);
    const share = side ? `${Math.round((100 * size) / side)} % of all ${token.weight > 0 ? speaksFor : against} · ` : "";
    const rank = 1 + row.tokens.filter((t) => Math.abs(t.weight) > size).length;
    lines.push(`${share}rank ${rank} of ${row.tokens.length}`, "click: all documents with this word");
    tip.textContent = lines.join("\n");
    tip.hidden = false;
    const box = node.getBoundingClientRect(), own = tip.getBoundingClientRect(), above = box.top - own.height - 6;
    tip.style.left = `${Math.max(4, Math.min(box.left, innerWidth - own.width - 4))}px`;
    tip.style.top = `${above > 0 ? above : box.bottom + 6}px`;
  };
  list.addEventListener("pointerover", (event) => {
    const node = event.target.closest("[data-token]");
    if (node) light(node);
    else dark();
  });
  list.addEventListener("pointerleave", dark);
  list.addEventListener("focusin", (event) => {
    if (event.target.dataset.token) light(event.target);
    else dark();
  });
  list.addEventListener("focusout", dark);
  addEventListener("scroll", () => {  // the focus may be what scrolled: its tooltip goes along
    const node = list.querySelector("[data-token]:focus-visible");
    if (node) light(node);
    else dark();
  }, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") dark(); });
  list.addEventListener("click", (event) => {
    const node = event.target.closest(".doc [data-token], .sb [data-token]");
    if (node && !String(getSelection())) filterWord(node.closest(".rows > li").tokens[Number(node.dataset.token)].text);
  });

  // Which rows are shown, and in which order.
  let words = null;
  const wordsOf = (i) => {
    words = words || rows.map((_, n) => new Set(data.docs[n].flatMap((view) => view[1].flatMap((lengths, k) => {
      let at = 0;
      return lengths.map((length) => {
        if (typeof length === "string") return length.trim().toLowerCase();
        const start = at;
        at += Math.abs(length);
        return length < 0 ? "" : texts[n][k].slice(start, at).trim().toLowerCase();
      });
    }))));
    return words[i];
  };
  const isShown = (i) => {
    const isBad = rows[i].classList.contains("bad"), wanted = state.text.toLowerCase();
    if (state.show === "wrong" && !isBad) return false;
    if (state.show === "right" && (isBad || data.truths[i] === null)) return false;
    if (state.cell && (data.truths[i] !== state.cell[0] || predicted[i] !== state.cell[1])) return false;
    if (state.word !== null && !wordsOf(i).has(state.word)) return false;
    return !wanted || [...texts[i], rows[i].querySelector(".x").textContent].some((t) => t.toLowerCase().includes(wanted));
  };
  const sureness = (i) => (data.p[i] === null ? 0 : data.p[i]);
  const badness = (i) => Number(rows[i].classList.contains("bad"));
  const orders = {
    file: (a, b) => a - b,
    mistakes: (a, b) => badness(b) - badness(a) || sureness(b) - sureness(a) || a - b,
    sure: (a, b) => sureness(b) - sureness(a) || a - b,
    unsure: (a, b) => sureness(a) - sureness(b) || a - b,
    label: (a, b) => (predicted[a] < predicted[b] ? -1 : predicted[a] > predicted[b] ? 1 : a - b),
  };
  let shown = rows.map((_, i) => i);
  const chip = (name, clear) => {
    const made = element("button", { type: "button", class: "chipped", "aria-label": `remove the filter ${name}` }, `${name} ×`);
    made.addEventListener("click", () => { clear(); update(); });
    return made;
  };
  const update = () => {
    dark();
    shown = rows.map((_, i) => i).sort(orders[state.sort]).filter(isShown);
    list.replaceChildren(...shown.map((i) => rows[i])); // 20 times as fast as to hide the others
    byId("count").textContent = `${shown.length} of ${rows.length} documents`;
    byId("filters").replaceChildren(
      ...(state.word === null ? [] : [chip(`with “${state.word}”`, () => { state.word = null; })]),
      ...(state.cell ? [chip(`${state.cell[0]} taken for ${state.cell[1]}`, () => { state.cell = null; })] : []));
    document.querySelectorAll("button.cell").forEach((cell) => {
      const isChosen = state.cell && cell.dataset.truth === state.cell[0] && cell.dataset.predicted === state.cell[1];
      cell.setAttribute("aria-pressed", String(Boolean(isChosen)));
    });
    document.querySelectorAll("[data-show]").forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.show === state.show)));
  };
  const redraw = () => {
    rows.forEach((row, i) => {
      drawStrip(i);
      if (row.querySelector("details").open) drawDetail(i);
    });
  };
  const filterWord = (word) => {
    state.word = word.trim().toLowerCase();
    update();
  };

  // What is shown, for other programs.
  const asData = (i) => {
    const target = targetOf(i);
    return {
      document: Number(rows[i].id.slice(1)), predicted: predicted[i], truth: data.truths[i], probability: data.p[i],
      method: data.methods[state.by], target: target ? data.labels[target[0]] : null, score: target ? target[2] : null,
      text: texts[i].join("\n"),
      words: tokensOf(i).map((t) => ({ word: t.text, weight: Number(t.weight.toFixed(data.places)) })),
    };
  };
  const guarded = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    return `"${(/^[=+\-@\t\r\n']/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
  };
  const asCsv = () => {
    const names = ["document", "predicted", "truth", "probability", "method", "target", "score", "text"];
    const lines = shown.map(asData).map((found) => names.map((name) => guarded(found[name])));
    return [names, ...lines].map((line) => line.join(",")).join("\n") + "\n";
  };
  const download = (name, kind, text) => {
    const link = element("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", {}, text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    byId("count").textContent = "copied";
  };

  // The table of words.
  const drawWords = () => {
    const body = document.querySelector("aside tbody");
    if (!body) return;
    const which = 3 + (byId("class") ? Number(byId("class").value) : 0), isAll = byId("rare").checked;
    const known = data.words.filter((w) => w[which] && (isAll || w[1] > 1)).sort((a, b) => b[which] - a[which]);
    const count = isAll ? 40 : 12;
    const found = [...known.filter((w) => w[which] > 0).slice(0, count), ...known.filter((w) => w[which] < 0).slice(-count)];
    const most = Math.max(...found.map((w) => Math.abs(w[which])), 1e-9);
    if (byId("of")) byId("of").textContent = ` ${data.classes[which - 3]}`;
    body.replaceChildren(...found.map((w) => {
      const mean = w[which], size = (24 * Math.abs(mean)) / most;
      const button = element("button", { type: "button", class: "word", dir: "auto" }, w[0]);
      button.addEventListener("click", () => filterWord(w[0]));
      const bar = element("svg", { width: 50, height: 10, "aria-hidden": "true" },
        element("rect", { class: mean > 0 ? "f" : "g", x: mean > 0 ? 25 : 25 - size, width: size, height: 10 }),
        element("line", { class: "axis", x1: 25, x2: 25, y2: 10 }));
      return element("tr", {}, element("td", {}, button), element("td", { class: "num" }, bar, ` ${signed(mean)}`),
        element("td", { class: "num" }, String(w[1])), element("td", { class: "num wrong" }, w[2] ? String(w[2]) : ""));
    }));
  };

  const on = (id, event, act) => { if (byId(id)) byId(id).addEventListener(event, act); };
  document.querySelectorAll(".controls").forEach((each) => { each.hidden = false; });
  document.querySelectorAll(".cell").forEach((cell) => {
    const { truth, predicted: taken } = cell.dataset;
    const name = `${truth} taken for ${taken}: ${cell.textContent}`;
    const button = element("button", { type: "button", class: cell.className, "aria-label": name }, ...cell.childNodes);
    Object.assign(button.dataset, cell.dataset);
    button.addEventListener("click", () => {
      state.cell = state.cell && state.cell[0] === truth && state.cell[1] === taken ? null : [truth, taken];
      update();
    });
    cell.replaceWith(button);
  });
  document.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => {
    state.show = button.dataset.show;
    update();
  }));
  on("search", "input", (event) => { state.text = event.target.value; update(); });
  on("sort", "change", (event) => { state.sort = event.target.value; update(); });
  on("why", "change", (event) => { state.why = event.target.value; redraw(); });
  on("by", "change", (event) => { state.by = Number(event.target.value); redraw(); });
  const ticks = [...document.querySelectorAll(".ticks span")].map((tick) => [tick, tick.textContent]);
  const setOwn = (own) => {
    state.own = own;
    byId("own").setAttribute("aria-pressed", String(own));
    byId("common").setAttribute("aria-pressed", String(!own));
    ticks.forEach(([tick, text], n) => { tick.textContent = own ? ["strongest", "", "0", "", "strongest"][n] : text; });
    redraw();
  };
  on("own", "click", () => setOwn(true));
  on("common", "click", () => setOwn(false));
  on("theme", "click", () => {
    const root = document.documentElement, isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = (root.dataset.theme || (isDark ? "dark" : "light")) === "dark" ? "light" : "dark";
  });
  on("fold", "click", () => {
    const all = shown.map((i) => rows[i].querySelector("details")), open = all.some((each) => !each.open);
    all.forEach((each) => { each.open = open; });
  });
  on("csv", "click", () => download("documents.csv", "text/csv", "\ufeff" + asCsv()));
  on("json", "click", () => download("documents.json", "application/json", JSON.stringify(shown.map(asData), null, 1)));
  on("class", "change", drawWords);
  on("rare", "change", drawWords);
  rows.forEach((row, i) => row.querySelector("details").addEventListener("toggle", (event) => {
    if (event.target.open) drawDetail(i);
  }));
  list.addEventListener("keydown", (event) => {
    if (event.target.localName !== "summary" || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const order = shown.map((i) => rows[i].querySelector("summary"));
    const next = order[order.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    event.preventDefault();
    if (next) next.focus();
  });
  const openNamed = () => {
    const row = /^#d\d+$/.test(location.hash) && byId(location.hash.slice(1));
    if (!row) return;
    row.querySelector("details").open = true;
    row.scrollIntoView();
  };
  addEventListener("hashchange", openNamed);
  if (innerWidth <= 1080 && byId("words")) byId("words").open = false;
  drawWords();
  openNamed();
  document.documentElement.dataset.ready = "yes";
})();
