// Checks a receipt in this browser: hands it to the verifier and shows what each check found. What
// is typed, pasted or dropped is sent nowhere. Fetched are the verifier and, where a link or a
// button asks for them, the reader's own receipt and the service's key.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const form = at("verify"), found = at("found"), checking = at("checking");
  let verifier;

  const load = () => verifier ??= (async () => {
    const answer = await fetch("/assets/verifier.wasm", { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`the verifier was not loaded: ${answer.status}`);
    return (await WebAssembly.instantiate(await answer.arrayBuffer(), {})).instance.exports;
  })().catch((error) => { verifier = undefined; throw error; });

  // The status, 0 proven, 1 unreadable, 2 refused, and what it said.
  const verify = async (known, receipt) => {
    const wasm = await load();
    const question = new TextEncoder().encode(`${JSON.stringify(known)}\n${receipt}`);
    const room = wasm.rhodian_reserve(question.length);
    new Uint8Array(wasm.memory.buffer, room, question.length).set(question);
    const status = wasm.rhodian_verify();
    const answer =
      new Uint8Array(wasm.memory.buffer, wasm.rhodian_answer(), wasm.rhodian_answer_len());
    return [status, new TextDecoder().decode(answer)];
  };

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const table = (checks) => {
    const made = element("table", undefined, "events"), head = element("thead"), body = element("tbody");
    made.append(element("caption", "Each check, and what it found"), head, body);
    const names = element("tr");
    for (const name of ["Check", "Found", "What"]) {
      const cell = element("th", name);
      cell.scope = "col";
      names.append(cell);
    }
    head.append(names);
    for (const check of checks) {
      const row = element("tr"), name = element("th", check.name);
      name.scope = "row";
      const bad = check.verdict === "failed";
      const verdict = element("td");
      verdict.append(bad ? element("strong", "FAILED", "bad") : element("span", check.verdict));
      row.append(name, verdict, element("td", check.why));
      body.append(row);
    }
    const box = element("div", undefined, "scroll");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "Checks");
    box.append(made);
    return box;
  };

  const show = (status, said, receipt) => {
    if (status === 1) {
      found.append(element("h2", "Refused: it cannot be read", "bad"), element("p", said));
      return "Refused";
    }
    const { checks } = JSON.parse(said);
    const failed = checks.filter((check) => check.verdict === "failed").length;
    const words = status === 0 ? "Accepted: proven" : "Refused: not proven";
    found.append(element("h2", words, status === 0 ? "" : "bad"));
    const of = JSON.parse(receipt);
    const layer = of.accounts.layers.find((one) => one.layer === of.division.layer);
    const over = layer?.basis === "rank" ? `rank ${layer.name}` : `liable set ${of.division.set}`;
    found.append(element("p",
      `${of.external_id}: ${of.share.share} atoms of loss ${of.division.loss} at ` +
      `${of.division.origin}, division ${of.division.wave} of ${over}. ` +
      (failed ? `${failed} of ${checks.length} checks failed.` : "No check failed; what is " +
        "trusted is said below.")));
    found.append(table(checks));
    return words;
  };

  const unchecked = (error) => {
    found.append(element("h2", "Not checked", "bad"), element("p", error.message));
    return `Not checked: ${error.message}`;
  };

  const lines = (id) => at(id).value.split(/\s+/).filter(Boolean);
  const known = () => {
    const all = { key: at("key").value.trim(), witnesses: lines("witnesses") };
    all.needed = Number(at("needed").value);
    const head = at("head").value.trim();
    if (head) {
      try { all.head = JSON.parse(head); } catch (error) { throw new Error(`head: ${error.message}`); }
    }
    return all;
  };

  const check = async (receipts) => {
    found.replaceChildren();
    checking.textContent = "Checking …";
    const said = [];
    for (const receipt of receipts) {
      try {
        said.push(show(...await verify(known(), receipt), receipt));
      } catch (error) {
        said.push(unchecked(error));
      }
    }
    checking.textContent = said.join(". ");
    found.focus();
  };

  const text = async (path) => {
    const answer = await fetch(path, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
    return [await answer.text(), answer.headers];
  };
  const keyHere = async () => {
    at("key").value = (await text("/v1/public-key"))[0].trim();
    at("key-note").textContent =
      "As this service shows it now. Compare it with one that somebody else has had for longer.";
  };

  // A link from a page names a loss and an account: their receipts, one for each division.
  const fetched = async (loss, account) => {
    const path = `/v1/losses/${encodeURIComponent(loss)}/receipts/${encodeURIComponent(account)}`;
    const [first, headers] = await text(path);
    const receipts = [first];
    for (let place = 2; place <= Number(headers.get("rhodian-receipts")); place += 1) {
      receipts.push((await text(`${path}?division=${place}`))[0]);
    }
    at("receipt").value = receipts.at(-1);
    await keyHere();
    await check(receipts);
  };

  const fail = (error) => { found.replaceChildren(); checking.textContent = unchecked(error); };
  const read = async (file) => { if (file) at("receipt").value = await file.text(); };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check([at("receipt").value]).catch(fail);
  });
  at("key-here").addEventListener("click", () => { keyHere().catch(fail); });
  at("key").addEventListener("input", () => { at("key-note").textContent = ""; });
  at("file").addEventListener("change", (event) => { read(event.target.files[0]).catch(fail); });
  const drop = at("drop");
  const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("over", on); };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    const { files } = event.dataTransfer, dropped = event.dataTransfer.getData("text");
    if (dropped) at("receipt").value = dropped;
    read(files[0]).catch(fail);
  });

  const asked = new URLSearchParams(location.search);
  if (asked.has("loss") && asked.has("account")) {
    fetched(asked.get("loss"), asked.get("account")).catch(fail);
  }
})();
