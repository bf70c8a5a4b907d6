// What a screen reader, a keyboard and weak eyes need of a page; a list of what is wrong with it.
() => {
  const wrong = [];
  const say = (what, node) => wrong.push(`${what}: ${node ? node.outerHTML.slice(0, 160) : ''}`);
  const shown = (node) => node.checkVisibility() && !node.closest('details:not([open]) > :not(summary)');
  const name = (node) => {
    const by = (node.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean);
    const labelled = by.map((id) => document.getElementById(id)?.textContent || '').join(' ');
    const labels = [...(node.labels || [])].map((label) => label.textContent).join(' ');
    return (labelled || node.getAttribute('aria-label') || labels || node.textContent || '').trim();
  };
  if (!document.documentElement.lang) say('no language');
  if (!document.title.trim()) say('no title');
  if (document.querySelectorAll('main').length !== 1) say('not one main');
  if (document.querySelectorAll('h1').length !== 1) say('not one h1');
  let before = 1;
  for (const heading of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
    const level = Number(heading.tagName[1]);
    if (level > before + 1) say(`heading ${level} after ${before}`, heading);
    if (!heading.textContent.trim()) say('empty heading', heading);
    before = level;
  }
  const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
  for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) say(`id ${id} twice`);
  for (const node of document.querySelectorAll('[aria-labelledby],[aria-describedby]'))
    for (const id of `${node.getAttribute('aria-labelledby') || ''} ${node.getAttribute('aria-describedby') || ''}`.split(' '))
      if (id && !document.getElementById(id)) say(`refers to nothing (${id})`, node);
  for (const node of document.querySelectorAll('input:not([type=hidden]),select,textarea'))
    if (!name(node)) say('a field without a label', node);
  for (const node of document.querySelectorAll('a[href],button,summary,[role=region]'))
    if (!name(node)) say('no name', node);
  for (const node of document.querySelectorAll('svg,img'))
    if (!name(node) && !node.querySelector('title')) say('a picture without a name', node);
  for (const node of document.querySelectorAll('nav'))
    if (!name(node) || (!node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby'))) say('a nav without a name', node);
  for (const node of document.querySelectorAll('th')) if (!node.scope) say('a head without scope', node);
  for (const node of document.querySelectorAll('[tabindex]')) if (node.tabIndex > 0) say('tabindex', node);
  for (const node of document.querySelectorAll('button,input:not([type=hidden]),select')) {
    const box = node.getBoundingClientRect();
    if (shown(node) && (box.height < 20 || box.width < 20)) say('too small to press', node);
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1) say(`wider than the window (${document.documentElement.scrollWidth})`);

  const parse = (text) => {
    const found = text.match(/[\d.]+/g).map(Number);
    return [found[0], found[1], found[2], found.length > 3 ? found[3] : 1];
  };
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour[3] > 0.99) return colour;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
  };
  const light = (colour) => {
    const part = (value) => ((value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
  };
  const ratio = (one, other) => {
    const [more, less] = [light(one), light(other)].sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(node) || node.closest('.unseen,option')) continue;
    const style = getComputedStyle(node);
    const colour = parse(node.closest('svg') ? style.fill : style.color);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (size >= 18.66 && bold) ? 3 : 4.5;
    const found = ratio(colour, behind(node));
    if (found < least) say(`contrast ${found.toFixed(2)} of "${walker.currentNode.textContent.trim().slice(0, 30)}"`, node);
  }
  return wrong;
}
