// The demo page: shows what the sandbox servers report and tells them what the visitor does.
// Every word that came from a person or a model becomes a text node; nothing here parses HTML.

import { body, el, emoji, people } from "./blocks.js";

const at = (id) => document.getElementById(id);
const scene = { slack: null, mail: null, money: null, desk: null };
const dismissed = new Set();

// ------------------------------------------------------------------ small tools

/** Make `box` hold one node per item, keeping the nodes (and what is typed in them) of items still there. */
function sync(box, items, { key, make, update }) {
  const names = new Set(items.map(key));
  const old = new Map([...box.children].filter((node) => node.dataset.key).map((node) => [node.dataset.key, node]));
  for (const [name, node] of old) if (!names.has(name)) node.remove();
  const made = [];
  let place = [...box.children].find((node) => node.dataset.key) ?? box.firstChild;
  for (const item of items) {
    const name = key(item);
    let node = old.get(name);
    if (!node) {
      node = make(item);
      node.dataset.key = name;
      made.push(node);
    }
    update(node, item);
    if (node === place) place = place.nextSibling;
    else box.insertBefore(node, place);
  }
  return made;
}

/** Fill `node` again only when what it shows has changed, and keep the keyboard where it was. */
function fill(node, shown, children) {
  const print = JSON.stringify(shown);
  if (node.dataset.print === print) return false;
  const place = [...node.querySelectorAll("button")].indexOf(document.activeElement);
  node.dataset.print = print;
  node.replaceChildren(...children());
  if (place >= 0) (node.querySelectorAll("button")[place] ?? node.closest("[tabindex]"))?.focus();
  return true;
}

async function tell(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) return true;
    complain((await answer.json()).error);
  } catch {
    complain("The demo does not answer. Is it still running?");
  }
  return false;
}

function complain(words) {
  const toast = el("div", { class: "toast" }, el("span", {}, words));
  toast.append(el("button", { type: "button", "aria-label": "Dismiss", onclick: () => toast.remove() }, "×"));
  at("toasts").append(toast);
  setTimeout(() => toast.remove(), 12000);
}

function clock(seconds) {
  const moment = new Date(Number(seconds) * 1000);
  const words = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return el("time", { class: "aside", datetime: moment.toISOString() }, words);
}

function money(minor, currency) {
  const format = new Intl.NumberFormat([], { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** Show `node` by scrolling its own log only, never the page. */
function reveal(log, node) {
  const box = log.getBoundingClientRect();
  const line = node.getBoundingClientRect();
  if (line.bottom > box.bottom) log.scrollTop += Math.min(line.bottom - box.bottom + 12, line.top - box.top - 12);
  else if (line.top < box.top) log.scrollTop -= box.top - line.top + 12;
}

// ------------------------------------------------------------------ Slack's rooms

const person = (id) => people[id] ?? { name: id, team: "", role: "customer" };

function message(room, told) {
  const node = el("article", { class: "message fresh" });
  node.dataset.ts = told.ts;
  node.dataset.by = person(told.user).role;
  return node;
}

function showMessage(room, node, told) {
  const who = person(told.user);
  const press = (block_id, action_id, value) =>
    tell("/slack/press", { as: at(`${room}-as`).value, channel: roomOf(room).id, ts: told.ts, block_id, action_id, value });
  fill(node, [told, who], () => [
    el("div", { class: `face ${who.role}`, "aria-hidden": "true" }, initials(who.name)),
    el("div", {}, byline(who, told), body(told, press), reactions(told)),
  ]);
  node.classList.toggle("card", (told.blocks ?? []).some((block) => block.type === "header"));
}

const initials = (name) => name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();

function byline(who, told) {
  return el(
    "div",
    { class: "who" },
    el("b", {}, who.name),
    el("span", { class: "tag" }, who.role === "bot" ? "app" : who.team),
    clock(told.ts),
    told.edited && el("span", { class: "aside" }, "(edited)"),
  );
}

function reactions(told) {
  if (!told.reactions?.length) return null;
  const shown = told.reactions.map((each) => el("span", {}, `${emoji(each.name)} ${each.count}`));
  return el("div", { class: "reactions" }, ...shown);
}

const roomOf = (room) => scene.slack.rooms[room];

/** The messages of a room as threads, oldest first: the root, then its replies. */
function threads(room) {
  const found = new Map();
  for (const told of roomOf(room).messages) {
    const root = told.thread_ts ?? told.ts;
    if (!found.has(root)) found.set(root, { ts: root, messages: [] });
    found.get(root).messages.push(told);
  }
  return [...found.values()];
}

function whispers(room) {
  const mine = (each) => each.channel === roomOf(room).id && each.user === at(`${room}-as`).value;
  return scene.slack.whispers.filter((each) => mine(each) && !dismissed.has(each.ts));
}

function makeThread(room, thread) {
  const node = el("section", { class: "thread" }, el("div", { class: "messages" }));
  const replies = el("div", { class: "replies" }, el("div", { class: "messages" }), el("p", { class: "thinking", hidden: true }));
  if (room === "customer") replies.append(replyForm(room, thread));
  node.append(replies);
  node.setAttribute("aria-label", "Thread");
  return node;
}

function replyForm(room, thread) {
  const send = (text) => tell("/slack/post", { as: at(`${room}-as`).value, channel: roomOf(room).id, text, thread_ts: thread.ts });
  return lineForm("Reply in thread", "Reply", send);
}

/** A one-line form that sends its text and is empty again once it was taken. */
function lineForm(label, button, send) {
  const field = el("textarea", { rows: 1, "aria-label": label, placeholder: label, required: true });
  const form = el("form", { class: "reply" }, field, el("button", {}, button));
  sendWith(form, () => send(field.value.trim()));
  return form;
}

function showThread(room, node, thread) {
  const [root, rest] = node.querySelectorAll(".messages");
  const replies = node.querySelector(".replies");
  const kinds = { key: (told) => told.ts, make: (told) => message(room, told), update: (line, told) => showMessage(room, line, told) };
  const first = thread.messages.filter((told) => told.ts === thread.ts);
  const later = thread.messages.filter((told) => told.ts !== thread.ts);
  thread.made = [...sync(root, first, kinds), ...sync(rest, later, kinds)];
  replies.hidden = room === "staff" && !later.length;
  const thinking = node.querySelector(".thinking");
  const status = roomOf(room).thinking?.[thread.ts] ?? "";
  thinking.hidden = !status;
  thinking.textContent = status && `Helpdesk ${status}`;
}

/** The form that is open on the screen of whom the visitor plays in the staff room. */
function showModal() {
  const view = scene.slack.modals[at("staff-as").value];
  const open = document.querySelector("dialog.modal");
  if (open?.dataset.view === view?.id) return;
  open?.remove();
  if (!view) return;
  const who = at("staff-as").value;
  const shut = () => tell("/slack/close", { as: who, view_id: view.id });
  const form = el(
    "form",
    {},
    el("h2", {}, view.title.text),
    body({ blocks: view.blocks }, () => {}),
    el(
      "div",
      { class: "actions" },
      view.submit && el("button", { class: "primary" }, view.submit.text),
      el("button", { type: "button", onclick: shut }, view.close?.text ?? "Close"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(form)].filter(([, text]) => text !== ""));
    tell("/slack/submit", { as: who, view_id: view.id, values });
  });
  const dialog = el("dialog", { class: "modal", "data-view": view.id }, form);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    shut();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** The home tab of whom the visitor plays, when it is open; the desk draws it anew whenever it is looked at. */
function showHome() {
  const who = at("staff-as").value;
  const home = at("home");
  const view = scene.slack.homes[who];
  const press = (block_id, action_id) => tell("/slack/press-home", { as: who, view_id: view.id, block_id, action_id });
  fill(home, [who, view?.blocks ?? null], () =>
    view ? [body({ blocks: view.blocks }, press)] : [el("p", { class: "empty" }, "The desk has shown nothing here yet.")],
  );
}

function openHome(open) {
  at("home").hidden = !open;
  at("staff-log").hidden = open;
  at("home-open").setAttribute("aria-pressed", String(open));
  at("home-open").textContent = open ? "Channel" : "App home";
  if (open) tell("/slack/home", { as: at("staff-as").value });
}

function makeWhisper(told) {
  const node = el("article", { class: "whisper" });
  const forget = el("button", { type: "button" }, "Dismiss");
  forget.addEventListener("click", () => {
    dismissed.add(told.ts);
    showSlack();
  });
  node.append(el("div", { class: "only" }, el("span", {}, `Only visible to ${person(told.user).name}`), forget), body(told, () => {}));
  return node;
}

function showRoom(room) {
  const log = at(`${room}-log`);
  const items = [...threads(room), ...whispers(room).map((each) => ({ ...each, whisper: true }))];
  items.sort((one, other) => one.ts.localeCompare(other.ts));
  const made = sync(log, items, {
    key: (item) => (item.whisper ? `w${item.ts}` : item.ts),
    make: (item) => (item.whisper ? makeWhisper(item) : makeThread(room, item)),
    update: (node, item) => item.whisper || showThread(room, node, item),
  });
  announce(log, [...items.flatMap((item) => item.made ?? []), ...made.filter((node) => node.matches(".whisper"))]);
}

/** Bring what is new into view; what was there when the page was opened is not news. */
function announce(log, fresh) {
  if (!log.dataset.seen) for (const node of fresh) node.classList.remove("fresh");
  log.dataset.seen = "yes";
  if (fresh.length) reveal(log, fresh.at(-1));
}

function showActors(room) {
  const select = at(`${room}-as`);
  const actors = roomOf(room).actors;
  const chosen = select.value;
  const changed = fill(select, actors, () => actors.map((actor) => el("option", { value: actor.id }, actor.label)));
  if (changed && actors.some((actor) => actor.id === chosen)) select.value = chosen;
}

function showSlack() {
  Object.assign(people, scene.slack.people);
  at("customer-title").textContent = `#${roomOf("customer").name}`;
  at("staff-title").textContent = `#${roomOf("staff").name}`;
  for (const room of ["customer", "staff"]) {
    showActors(room);
    showRoom(room);
  }
  showHome();
  showModal();
}

// ------------------------------------------------------------------ mail

function makeLetter(thread) {
  const node = el("section", { class: "letter", "aria-label": thread.subject });
  const send = (text) => tell("/mail/send", { text, reply_to: node.dataset.answers });
  node.append(el("h3", {}, thread.subject), el("div", { class: "messages" }), lineForm("Reply by mail", "Reply", send));
  return node;
}

function showMail() {
  at("mailbox-address").textContent = scene.mail.address;
  at("mail-to").textContent = scene.mail.desk;
  const log = at("mail-log");
  const fresh = [];
  sync(log, scene.mail.threads, {
    key: (thread) => thread.key,
    make: makeLetter,
    update: (node, thread) => {
      node.dataset.answers = thread.newest;
      const made = sync(node.querySelector(".messages"), thread.mails, {
        key: (mail) => mail.id,
        make: (mail) => el("article", { class: "message fresh", "data-by": mail.mine ? "customer" : "bot" }),
        update: showLetter,
      });
      fresh.push(...made);
    },
  });
  announce(log, fresh);
}

function showLetter(node, mail) {
  fill(node, mail, () => [
    el("div", { class: `face ${mail.mine ? "" : "bot"}`, "aria-hidden": "true" }, initials(mail.name)),
    el(
      "div",
      {},
      el("div", { class: "who" }, el("b", {}, mail.name), el("span", { class: "aside" }, mail.from), clock(mail.at)),
      el("div", { class: "body" }, el("p", { class: "text" }, mail.text)),
      mail.quoted && el("details", {}, el("summary", {}, "Quoted text"), el("p", { class: "text" }, mail.quoted)),
    ),
  ]);
}

// ------------------------------------------------------------------ money and desk

function showMoney() {
  fill(at("money"), scene.money, () => {
    const { refunds, moved, twice } = scene.money;
    if (!refunds.length) return [el("p", { class: "sum" }, "Nothing yet.")];
    const sums = moved.map((each) => `${money(each.amount, each.currency)} in ${each.count} ${each.count === 1 ? "refund" : "refunds"}`);
    const check = twice ? `${twice} paid twice!` : "none paid twice";
    return [el("p", { class: twice ? "sum wrong" : "sum" }, `${sums.join(", ") || "Nothing moved"}; ${check}.`), refundTable(refunds)];
  });
}

function refundTable(refunds) {
  const heads = ["Time", "Charge", "Amount", "Status"].map((name) => el("th", { scope: "col", class: name.toLowerCase() }, name));
  const rows = refunds.map((refund) =>
    el(
      "tr",
      {},
      el("td", {}, clock(refund.at)),
      el("td", {}, refund.charge),
      el("td", { class: "amount" }, money(refund.amount, refund.currency)),
      el("td", {}, refund.status),
    ),
  );
  return el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
}

function showDesk() {
  const { state, pid, since, restarts } = scene.desk;
  const times = restarts === 1 ? "restarted once" : `restarted ${restarts} times`;
  fill(at("desk"), scene.desk, () => [
    el("span", { class: `dot ${state}`, "aria-hidden": "true" }),
    state === "running" ? "Running since " : "Starting since ",
    clock(since),
    ` · process ${pid}${restarts ? ` · ${times}` : ""}`,
  ]);
  at("kill").disabled = state !== "running";
}

// ------------------------------------------------------------------ what the visitor does

/** Send by button, Enter (Shift+Enter is a new line) or in a mail Ctrl+Enter; the text stays when it was not taken. */
function sendWith(form, send) {
  const button = form.querySelector("button:not([type=button])");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled || ![...form.querySelectorAll("textarea, input")].every((field) => field.value.trim())) return;
    button.disabled = true;
    if (await send()) form.reset();
    button.disabled = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "TEXTAREA") return;
    if (form.closest("#mailbox") ? !event.ctrlKey && !event.metaKey : event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

function suggest(form, put) {
  for (const chip of form.querySelectorAll(".chip")) chip.addEventListener("click", () => put(chip.textContent));
}

function wire() {
  const post = at("customer-form");
  sendWith(post, () =>
    tell("/slack/post", { as: at("customer-as").value, channel: roomOf("customer").id, text: at("customer-text").value.trim() }),
  );
  suggest(post, (text) => {
    at("customer-text").value = text;
    at("customer-text").focus();
  });
  const mail = at("mail-form");
  sendWith(mail, () => tell("/mail/send", { subject: at("mail-subject").value.trim(), text: at("mail-text").value.trim() }));
  suggest(mail, (text) => {
    at("mail-subject").value = text.replace(/\?$/, "");
    at("mail-text").value = `Hello,\n${text}\nAlice`;
    at("mail-text").focus();
  });
  at("kill").addEventListener("click", () => tell("/desk/kill", {}));
  const command = at("staff-form");
  sendWith(command, () =>
    tell("/slack/command", { as: at("staff-as").value, channel: roomOf("staff").id, text: at("staff-text").value.trim() }),
  );
  for (const room of ["customer", "staff"]) at(`${room}-as`).addEventListener("change", showSlack);
  at("home-open").addEventListener("click", () => openHome(at("home").hidden));
  at("staff-as").addEventListener("change", () => at("home").hidden || openHome(true));
}

function showConsole() {
  at("console").href = scene.console.address;
}

const SHOW = { slack: showSlack, mail: showMail, money: showMoney, desk: showDesk, console: showConsole };

function follow() {
  const source = new EventSource("/events");
  for (const [part, show] of Object.entries(SHOW)) {
    source.addEventListener(part, (event) => {
      scene[part] = JSON.parse(event.data);
      show();
    });
  }
  source.addEventListener("open", () => (at("lost").hidden = true));
  source.addEventListener("error", () => (at("lost").hidden = false));
}

wire();
follow();
