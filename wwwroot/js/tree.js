// Moves and zooms the tree of a conversation: drag, pinch with two fingers, Ctrl and wheel, arrow keys, + − 0. The wheel alone scrolls the page.
(() => {
  const frameOf = (element) => element?.closest?.("#view")?.querySelector(".tree-frame");
  const state = (frame) => {
    const svg = frame.querySelector("svg.tree");
    svg.scale ??= 1;
    return svg;
  };
  const zoom = (frame, factor, at) => {
    const svg = state(frame);
    const before = svg.scale;
    svg.scale = Math.min(5, Math.max(0.1, before * factor));
    const box = frame.getBoundingClientRect();
    const [x, y] = at ? [at.clientX - box.left, at.clientY - box.top] : [box.width / 2, box.height / 2];
    const [left, top] = [(frame.scrollLeft + x) / before, (frame.scrollTop + y) / before];
    svg.setAttribute("width", svg.dataset.width * svg.scale);
    svg.setAttribute("height", svg.dataset.height * svg.scale);
    frame.scrollTo(left * svg.scale - x, top * svg.scale - y);
  };
  const fit = (frame) => {
    const svg = state(frame);
    zoom(frame, Math.min(frame.clientWidth / svg.dataset.width, frame.clientHeight / svg.dataset.height, 1) / svg.scale);
    frame.scrollTo(0, 0);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tree]");
    const frame = button && frameOf(button);
    if (!frame) return;
    if (button.dataset.tree === "fit") fit(frame);
    else zoom(frame, button.dataset.tree === "in" ? 1.25 : 0.8);
  });
  document.addEventListener("wheel", (event) => {
    const frame = event.target.closest?.(".tree-frame");
    if (!frame || !event.ctrlKey) return;
    event.preventDefault();
    zoom(frame, event.deltaY < 0 ? 1.1 : 1 / 1.1, event);
  }, { passive: false });
  document.addEventListener("keydown", (event) => {
    const frame = document.activeElement?.closest?.(".tree-frame");
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") zoom(frame, 1.25);
    else if (event.key === "-") zoom(frame, 0.8);
    else if (event.key === "0") fit(frame);
    else return;
    event.preventDefault();
  });
  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest?.(".tree-frame");
    if (frame && event.pointerType === "mouse" && event.button === 0) drag = { frame, x: event.clientX, y: event.clientY, moved: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag.moved = true;
    drag.frame.scrollBy(-dx, -dy);
    [drag.x, drag.y] = [event.clientX, event.clientY];
  });
  document.addEventListener("pointerup", () => { setTimeout(() => { drag = null; }, 0); });
  // Two fingers: what is between them stays between them. One finger scrolls, which is the browser's.
  const touches = new Map();
  let pinch = null;
  const between = () => {
    const [one, other] = [...touches.values()];
    return { distance: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)), clientX: (one.x + other.x) / 2, clientY: (one.y + other.y) / 2 };
  };
  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest?.(".tree-frame");
    if (!frame || event.pointerType !== "touch") return;
    touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    pinch = touches.size === 2 ? { frame, ...between() } : null;
  });
  document.addEventListener("pointermove", (event) => {
    if (!touches.has(event.pointerId)) return;
    touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (!pinch) return;
    const now = between();
    zoom(pinch.frame, now.distance / pinch.distance, pinch);
    pinch.frame.scrollBy(pinch.clientX - now.clientX, pinch.clientY - now.clientY);
    Object.assign(pinch, now);
  });
  for (const over of ["pointerup", "pointercancel"]) {
    document.addEventListener(over, (event) => { if (touches.delete(event.pointerId)) pinch = null; });
  }
  document.addEventListener("touchmove", (event) => {
    if (event.touches.length > 1 && event.cancelable && event.target.closest?.(".tree-frame")) event.preventDefault();
  }, { passive: false });
  // A drag that ends on a node does not open it.
  document.addEventListener("click", (event) => { if (drag?.moved) event.preventDefault(); }, true);
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".tree-frame")) event.preventDefault(); });
})();
