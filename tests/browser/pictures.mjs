// What bpmn-js draws of BPMN files in Chromium, as JSON: node pictures.mjs CHROMIUM FILE… [--pictures FOLDER]
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const dist = path.join(path.dirname(createRequire(import.meta.url).resolve("bpmn-js/package.json")), "dist");
const [executablePath, ...rest] = process.argv.slice(2);
const option = rest.indexOf("--pictures");
const folder = option < 0 ? null : rest[option + 1];
const files = option < 0 ? rest : rest.slice(0, option);

// In the page: imports XML and reads where everything has come to stand.
async function draw(xml) {
  window.viewer?.destroy();
  window.viewer = new BpmnJS({ container: "#canvas" });
  const { warnings } = await window.viewer.importXML(xml);
  const registry = window.viewer.get("elementRegistry");
  const shapes = [], edges = [];
  registry.forEach((element, graphics) => {
    if (!element.parent) return;
    const base = { id: element.businessObject.id, type: element.type, label: Boolean(element.labelTarget), parent: element.parent.businessObject?.id };
    if (element.waypoints) {
      edges.push({ ...base, source: element.source.businessObject.id, target: element.target.businessObject.id,
        points: element.waypoints.map(({ x, y }) => [x, y]) });
      return;
    }
    const text = graphics.querySelector(".djs-visual text")?.getBBox();
    shapes.push({ ...base, host: element.host?.businessObject.id ?? null, box: [element.x, element.y, element.width, element.height],
      text: text && text.width ? [element.x + text.x, element.y + text.y, text.width, text.height] : null });
  });
  const { x, y, width, height } = window.viewer.get("canvas").viewbox().inner;
  return { warnings: warnings.map((w) => w.message), shapes, edges, size: [x, y, width, height] };
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.setContent('<!DOCTYPE html><body style="margin:0;background:white"><div id="canvas" style="width:100vw;height:100vh"></div>');
  for (const sheet of ["diagram-js.css", "bpmn-js.css"]) await page.addStyleTag({ path: path.join(dist, "assets", sheet) });
  await page.addScriptTag({ path: path.join(dist, "bpmn-navigated-viewer.production.min.js") });
  const drawn = {};
  for (const file of files) {
    drawn[file] = await page.evaluate(draw, readFileSync(file, "utf8"));
    if (!folder) continue;
    const [x, y, width, height] = drawn[file].size;
    await page.setViewportSize({ width: Math.ceil(width) + 40, height: Math.ceil(height) + 40 });
    await page.evaluate((box) => {
      const canvas = window.viewer.get("canvas");
      canvas.resized();
      canvas.viewbox(box);
    }, { x: x - 20, y: y - 20, width: width + 40, height: height + 40 });
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: path.join(folder, `${path.basename(file, ".bpmn")}.png`) });
  }
  console.log(JSON.stringify(drawn));
} finally {
  await browser.close();
}
