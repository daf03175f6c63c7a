const names = ["zero","at","v0","v1","a0","a1","a2","a3","t0","t1","t2","t3","t4","t5","t6","t7","s0","s1","s2","s3","s4",
  "s5","s6","s7","t8","t9","k0","k1","gp","sp","fp","ra","hi","lo"];

/* The parts of a view of one step. Each takes what the service says of the step. */
const panels = {
  registers(view, other) {
    const thread = view.threads[0];
    if (!thread) return make("section", {}, make("h2", {}, "No thread is left"));
    const old = other || view.previous, isSame = old && (other || old.id === thread.id);
    return make("section", {}, make("h2", {}, `Registers of thread ${thread.id}`, make("span", {class: "dim"}, other ? ", with what differs" : ", with what changed")),
      make("div", {class: "registers mono"}, ...thread.registers.map((value, i) => {
        const changed = isSame && old.registers[i] !== value;
        return make("div", {}, make("span", {}, names[i]), make("span", {class: changed ? "changed" : null,
          title: changed ? (other ? "other " : "was ") + old.registers[i] : null}, value, changed ? " ●" : ""));
      })));
  },
  code(view) {
    const pc = view.threads[0] && view.threads[0].pc;
    return make("section", {}, make("h2", {}, "Code"), make("table", {class: "tight"}, make("tbody", {}, ...view.code.map(line =>
      make("tr", {class: line.address === pc ? "now" : null, "aria-current": line.address === pc ? "step" : null},
        make("td", {class: "mono dim"}, line.address), make("td", {class: "mono"}, line.text))))));
  },
  source(view) {
    const {source} = view;
    if (!source) return null;
    return make("section", {}, make("h2", {}, `${source.file}:${source.line}`), make("table", {class: "tight"}, make("tbody", {},
      ...source.lines.map((text, i) => make("tr", {class: source.first + i === source.line ? "now" : null},
        make("td", {class: "n dim"}, String(source.first + i)), make("td", {class: "mono", style: "white-space: pre"}, text))))));
  },
  calls(view, find) {
    return make("section", {}, make("h2", {}, `Calls (${view.calls.length})`), make("div", {class: "tall"}, make("table", {class: "tight"}, make("tbody", {},
      ...view.calls.map((call, depth) => make("tr", {}, make("td", {class: "n dim"}, String(depth)),
        make("td", {class: "mono wrap"}, call.name, make("div", {class: "dim"}, call.file ? `${call.file}:${call.line}` : "pc " + call.pc)),
        make("td", {}, find ? make("button", {type: "button", title: "the next step that enters it", onclick: () => find(call)}, "next call") : null)))))));
  },
  threads(view) {
    return make("section", {}, make("h2", {}, `Threads (${view.threadCount})`), make("div", {class: "tall"}, make("table", {}, make("tbody", {},
      ...view.threads.map(other => make("tr", {}, make("td", {class: "n"}, String(other.id)), make("td", {class: "mono"}, "pc " + other.pc),
        make("td", {class: "mono"}, "sp " + other.registers[29]), make("td", {class: "mono"}, "ra " + other.registers[31])))))));
  },
  memory(view, look) {
    const {address, bytes} = view.memory, base = BigInt(address), rows = [];
    for (let at = 0; at < bytes.length; at += 32) {
      const row = bytes.slice(at, at + 32).match(/../g) || [];
      rows.push(make("tr", {}, make("td", {class: "mono dim"}, "0x" + (base + BigInt(at / 2)).toString(16)),
        make("td", {class: "mono"}, row.slice(0, 8).join(" ") + "  " + row.slice(8).join(" ")),
        make("td", {class: "mono dim", style: "white-space: pre"}, row.map(byte => { const code = parseInt(byte, 16); return code >= 32 && code < 127 ? String.fromCharCode(code) : "·"; }).join(""))));
    }
    const field = make("input", {type: "text", value: address, "aria-label": "Address"});
    return make("section", {}, make("h2", {}, "Memory"), look ? make("form", {onsubmit: event => {
      event.preventDefault(); if (/^0x[0-9a-f]{1,16}$/i.test(field.value.trim())) look(field.value.trim()); else say("an address looks like 0x1000", true);
    }}, make("nav", {}, field, make("button", {}, "Show"), ...[-256n, 256n].map(by => make("button", {type: "button",
      onclick: () => look("0x" + BigInt.asUintN(64, base + by).toString(16))}, by < 0 ? "256 before" : "256 after")))) : null,
      make("div", {class: "scroll"}, make("table", {class: "tight"}, make("tbody", {}, ...rows))));
  },
  /* Functions by the share of the samples that are shown. */
  shares(stacks, from, to, pick) {
    const own = new Map(); let total = 0;
    for (const {tile, from: low, to: high} of stacks) {
      for (const {step, stack} of tile.samples) {
        if (step + tile.width <= Math.max(low, from) || step >= Math.min(high, to) || !stack.length) continue;
        const frame = tile.frames[stack[stack.length - 1]];
        const entry = own.get(frame.name) || {count: 0, frame};
        entry.count += tile.width; total += tile.width; own.set(frame.name, entry);
      }
    }
    const list = [...own.values()].sort((a, b) => b.count - a.count).slice(0, 12);
    return make("table", {class: "tight"}, make("tbody", {}, ...list.map(({count, frame}) => make("tr", {},
      make("td", {class: "n"}, number(100 * count / total) + " %"),
      make("td", {class: "mono wrap"}, frame.name),
      make("td", {}, make("button", {type: "button", title: "the next step that enters it", onclick: () => pick(frame)}, "next call"))))));
  },
  events(list, step, go) {
    return make("div", {class: "tall"}, make("table", {class: "tight"}, make("tbody", {}, ...list.map(event =>
      make("tr", {class: event.step === step ? "now" : null},
        make("td", {class: "n"}, make("a", {href: go(event.step)}, number(event.step))), make("td", {class: "n"}, `thread ${event.thread}`),
        make("td", {class: "mono wrap"}, describe(event)))))));
  },
};
function describe(event) {
  switch (event.kind) {
  case "systemCall": return `${event.name || "system call " + event.number}(${event.arguments.join(", ")})` +
    (event.error !== undefined ? ` = error ${event.error}` : event.result !== undefined ? ` = ${event.result}` : "");
  case "preimage": return `reads pre-image ${event.key}, ${size(event.bytes)}`;
  case "hint": return `hint ${event.text}${event.bytes > 120 ? "…" : ""}`;
  default: return "becomes active";
  }
}
