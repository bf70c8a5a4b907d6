// Slack's messages as nodes: blocks, rich text, buttons and the dialog that asks before one is pressed.
// Every word that came from a person or a model becomes a text node; nothing here parses HTML.

/** Name, team and role by user id; the page keeps it up to date. */
export const people = {};

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/** What a message says; `press(block_id, action_id)` is called for its buttons. */
export function body(told, press) {
  const blocks = told.blocks ?? [];
  if (!blocks.length) return el("div", { class: "body" }, el("p", { class: "text" }, plain(told.text ?? "")));
  return el("div", { class: "body" }, ...blocks.map((block) => BLOCKS[block.type]?.(block, press) ?? unknown(block)));
}

const plain = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A text object; mrkdwn is shown as it was written. */
const words = (object) => (object ? (object.type === "mrkdwn" ? plain(object.text) : object.text) : "");

const BLOCKS = {
  header: (block) => el("h3", {}, words(block.text)),
  divider: () => el("hr"),
  section: (block, press) =>
    el(
      "div",
      {},
      block.text && el("p", { class: "text" }, words(block.text)),
      block.fields && el("div", { class: "fields" }, ...block.fields.map((each) => el("p", { class: "text" }, words(each)))),
      block.accessory && el("div", { class: "actions" }, element(block.accessory, block, press)),
    ),
  context: (block) => el("div", { class: "context" }, ...block.elements.map((each) => el("span", {}, words(each)))),
  actions: (block, press) =>
    el("div", { class: "actions" }, ...block.elements.map((each) => element(each, block, press))),
  context_actions: (block, press) =>
    el("div", { class: "actions" }, ...block.elements.flatMap((each) => feedback(each, block, press))),
  input: (block) =>
    el(
      "label",
      { class: "field" },
      el("span", {}, words(block.label), block.optional && el("span", { class: "aside" }, " (optional)")),
      input(block),
      block.hint && el("span", { class: "aside" }, words(block.hint)),
    ),
  rich_text: (block) => el("div", { class: "rich" }, ...block.elements.map((part) => RICH[part.type]?.(part) ?? unknown(part))),
};

const RICH = {
  rich_text_section: (part) => el("div", { class: "text" }, ...part.elements.map(span)),
  rich_text_preformatted: (part) => el("pre", {}, ...part.elements.map(span)),
  rich_text_quote: (part) => el("blockquote", {}, ...part.elements.map(span)),
  rich_text_list: list,
};

const SPANS = {
  text: (part) => styled(part.text, part.style),
  link: (part) => link(part.url, part.text || part.url),
  user: (part) => el("span", { class: "mention" }, `@${people[part.user_id]?.name ?? part.user_id}`),
  channel: (part) => el("span", { class: "mention" }, `#${part.channel_id}`),
  usergroup: (part) => el("span", { class: "mention" }, `@${part.usergroup_id}`),
  broadcast: (part) => el("span", { class: "mention" }, `@${part.range}`),
  date: (part) => el("time", { datetime: new Date(part.timestamp * 1000).toISOString(), title: part.fallback }, moment(part)),
  emoji: (part) => document.createTextNode(emoji(part.name)),
};

/** A moment on the reader's own clock, as Slack's {date_short_pretty} and {time} say it. */
function moment(part) {
  const when = new Date(part.timestamp * 1000);
  const days = Math.round((new Date(when).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000);
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  const date = near ?? when.toLocaleDateString([], { month: "short", day: "numeric", year: "numeric" });
  const hours = { hour: "numeric", minute: "2-digit" };
  return part.format
    .replace(/\{date\w*\}/, date)
    .replace("{time_secs}", when.toLocaleTimeString([], { ...hours, second: "2-digit" }))
    .replace("{time}", when.toLocaleTimeString([], hours));
}

const unknown = (part) => el("span", { class: "aside" }, `[${part.type}]`);
const span = (part) => SPANS[part.type]?.(part) ?? unknown(part);

function styled(text, style = {}) {
  const wrap = [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"]];
  return wrap.reduce((node, [name, tag]) => (style[name] ? el(tag, {}, node) : node), document.createTextNode(text));
}

function link(url, text) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return document.createTextNode(text);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

function list(part) {
  const items = part.elements.map((item) => el("li", {}, ...item.elements.map(span)));
  const start = part.offset ? part.offset + 1 : null;
  let node = el(part.style === "ordered" ? "ol" : "ul", { start }, ...items);
  for (let depth = part.indent || 0; depth > 0; depth -= 1) node = el("div", { class: "indent" }, node);
  return node;
}

const EMOJI = { eyes: "👀", white_check_mark: "✅", hourglass_flowing_sand: "⏳", raising_hand: "🙋", warning: "⚠️", ticket: "🎫" };
export const emoji = (name) => EMOJI[name] ?? `:${name}:`;

/** An interactive element; only buttons are pressed here. */
function element(wish, block, press) {
  if (wish.type !== "button") return unknown(wish);
  const name = wish.style === "primary" ? "primary" : wish.style === "danger" ? "danger" : null;
  const button = el("button", { type: "button", class: name, "aria-label": wish.accessibility_label }, words(wish.text));
  button.addEventListener("click", async () => {
    if (wish.confirm && !(await confirmed(wish.confirm))) return;
    button.disabled = true;
    await press(block.block_id, wish.action_id);
    button.disabled = false;
  });
  return button;
}

/** Slack's two feedback buttons; which one was pressed is the third word to `press`. */
function feedback(wish, block, press) {
  return ["positive", "negative"].map((side) => {
    const button = el("button", { type: "button" }, words(wish[`${side}_button`].text));
    button.addEventListener("click", () => press(block.block_id, wish.action_id, side));
    return button;
  });
}

/** One field of a form. */
function input(block) {
  const wish = block.element;
  const named = { name: wish.action_id, required: !block.optional };
  if (wish.type === "static_select") {
    const empty = block.optional ? [el("option", { value: "" }, "")] : [];
    const options = wish.options.map((each) =>
      el("option", { value: each.value, selected: wish.initial_option?.value === each.value }, words(each.text)),
    );
    return el("select", named, ...empty, ...options);
  }
  if (wish.type === "users_select") {
    const chosen = ([id, who]) => el("option", { value: id, selected: wish.initial_user === id }, who.name);
    return el("select", named, el("option", { value: "" }, ""), ...Object.entries(people).map(chosen));
  }
  const text = { ...named, maxlength: wish.max_length };
  return wish.multiline
    ? el("textarea", { ...text, rows: 5 }, wish.initial_value ?? "")
    : el("input", { ...text, value: wish.initial_value ?? "" });
}

/** Slack's confirmation dialog; Escape is the same as going back. */
function confirmed(wish) {
  const dialog = document.getElementById("confirm");
  for (const [name, text] of Object.entries({ title: wish.title, text: wish.text, yes: wish.confirm, no: wish.deny })) {
    document.getElementById(`confirm-${name}`).textContent = words(text);
  }
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((settle) => {
    dialog.addEventListener("close", () => settle(dialog.returnValue === "yes"), { once: true });
  });
}
