const main = document.getElementById("main"), statusLine = document.getElementById("status");
let timer = 0, shown = 0;

/* An element with attributes and children; texts are never taken for HTML. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "rect", "line", "polyline", "title"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}
const number = value => value === undefined || value === null ? "" : value.toLocaleString("en-US", {maximumFractionDigits: 1});
function size(bytes) {
  for (const unit of ["B", "KiB", "MiB", "GiB"]) { if (bytes < 1024) return number(bytes) + " " + unit; bytes /= 1024; }
  return number(bytes) + " TiB";
}
/* Seconds as a person says them: two units, the larger first. */
function time(seconds) {
  const left = Math.abs(seconds), sign = seconds < 0 ? "−" : "";
  for (const [unit, length, next, part] of [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]])
    if (left >= length) return `${sign}${Math.floor(left / length)} ${unit} ${Math.floor(left % length / part)} ${next}`;
  return `${sign}${Math.floor(left)} s`;
}
const short = value => value >= 1e9 ? number(value / 1e9) + " G" : value >= 1e6 ? number(value / 1e6) + " M"
  : value >= 1e4 ? number(value / 1e3) + " k" : number(value);

async function request(path, body) {
  const token = sessionStorage.getItem("token"), headers = token ? {authorization: "Bearer " + token} : {};
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(path, body ? {method: "POST", headers, body: JSON.stringify(body)} : {headers});
  if (response.status === 401) { askToken(); throw new Error("the service needs a token"); }
  return response;
}
async function get(path, body) {
  const response = await request(path, body), json = await response.json();
  if (!response.ok) throw new Error(json.error ? json.error.message + (json.error.remedy ? ": " + json.error.remedy : "") : response.status);
  return {status: response.status, json};
}
/* The answer to a question, once it is there. */
async function answer(path, body) {
  const reply = body ? await get(path, {...body, wait: 1}) : await get(path + (path.includes("?") ? "&" : "?") + "wait=5");
  if (reply.status !== 202) return reply.json;
  for (;;) {
    const {json} = await get(`/v1/jobs/${reply.json.job}?wait=5`);
    if (json.status === "failed") throw new Error(json.error.message);
    // A job has a list of claims or proofs, whether one was asked for or many.
    if (json.status === "done") return !Array.isArray(json.answer) ? json.answer : body ? {answers: json.answer} : json.answer[0];
    say(`${json.kind}: ${json.status}${json.step ? ", at step " + number(json.step) : ""}…`);
  }
}
/* Saves what a resource gives: a link would not carry the token. */
async function save(path, name) {
  const response = await request(path);
  if (!response.ok) throw new Error("status " + response.status);
  const link = make("a", {href: URL.createObjectURL(await response.blob()), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
const saving = (path, name, text) => make("button", {type: "button", onclick: () => save(path, name).catch(fail)}, text);
function askToken() {
  clearTimeout(timer);
  shown++;
  const input = make("input", {type: "password", id: "token", autocomplete: "off"});
  main.replaceChildren(make("form", {onsubmit: event => {
    event.preventDefault(); sessionStorage.setItem("token", input.value); route();
  }}, make("nav", {}, make("label", {for: "token"}, "Token of the service"), input, make("button", {}, "Use"))));
  input.focus();
}
function say(text, isError) { statusLine.textContent = text; statusLine.className = isError ? "error" : "dim"; }
function fail(error) { say(error.message, true); }
