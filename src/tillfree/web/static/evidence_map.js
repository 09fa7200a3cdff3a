// The visitor on the floor plan: the route up to a moment, and both wrists as they were seen.

/** Takes hold of the marks that evidence.html has put on the plan; gives back what moves them. */
export function floorMap(root, route) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const hands = ["left", "right"].map((side) => ({
    hand: root.querySelector(`[data-hand="${side}"]`),
    arm: root.querySelector(`[data-arm="${side}"]`),
  }));
  const body = part("body"), walked = part("route"), ahead = part("route-ahead"), ring = part("act-place");
  const points = route.rows.map(([x, y]) => (x === null || y === null ? "" : `${x},${y}`));
  ahead.setAttribute("points", points.filter(Boolean).join(" "));

  function show(element, visible) {
    element.setAttribute("visibility", visible ? "visible" : "hidden");
  }

  return {
    /** Shows the visitor at so many seconds from entry. */
    moveTo(seconds) {
      const place = Math.round((seconds - route.begin_s) / route.step_s);
      walked.setAttribute("points", points.slice(0, Math.max(0, place + 1)).filter(Boolean).join(" "));
      const row = route.rows[place];
      const seen = row !== undefined && row[0] !== null && row[1] !== null;
      show(body, seen);
      if (seen) {
        body.setAttribute("cx", row[0]);
        body.setAttribute("cy", row[1]);
      }
      hands.forEach(({ hand, arm }, side) => {
        const [x, y] = seen ? [row[2 + 3 * side], row[3 + 3 * side]] : [null, null];
        const known = x !== null && y !== null;
        show(hand, known);
        show(arm, known);
        if (!known) return;
        const square = hand.tagName === "rect" ? 0.09 : 0;
        hand.setAttribute(square ? "x" : "cx", x - square);
        hand.setAttribute(square ? "y" : "cy", y - square);
        for (const [name, value] of [["x1", row[0]], ["y1", row[1]], ["x2", x], ["y2", y]]) arm.setAttribute(name, value);
      });
    },
    /** Rings the place of an act; null for none. */
    ringAt(place) {
      show(ring, place !== null);
      if (place !== null) {
        ring.setAttribute("cx", place[0]);
        ring.setAttribute("cy", place[1]);
      }
    },
  };
}
