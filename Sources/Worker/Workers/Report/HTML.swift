import Monitoring
import Values

/// Pieces of a training's page.
enum HTML {
  /// `value` with `digits` decimals, the same on every machine.
  static func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    let text = Figures.fixed(value, digits)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  /// A dash where there is no such number.
  static func decimal(_ value: Double?, _ digits: Int) -> String { decimal(value ?? .nan, digits) }

  static func percent(_ share: Double) -> String { decimal(share * 100, 1) + " %" }

  /// A table in a box of its own, which scrolls where the screen is narrow; the first cell of each row is its heading,
  /// the others are set to the right.
  static func table(_ header: [String], _ rows: [[String]]) -> String {
    let head = header.map { "<th>\(escaped($0))</th>" }.joined()
    let body = rows.map { row in
      let cells = row.enumerated().map { index, cell in
        index == 0 ? "<th scope=\"row\">\(escaped(cell))</th>" : "<td>\(escaped(cell))</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let rows = body.joined(separator: "\n")
    return "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>"
  }

  static func page(title: String, body: String) -> String { Page.html(title: title, style: style, body: body) }

  /// What a training's page has besides the style of all pages.
  private static let style = """
    :root{--c0:#1f6feb;--c1:#d9480f;--c2:#2b8a3e;--c3:#862e9c}
    @media(prefers-color-scheme:dark){:root{--c0:#58a6ff;--c1:#ff922b;--c2:#51cf66;--c3:#cc5de8}}
    .bar span{overflow-wrap:anywhere}p{margin:6px 0}.soft,h3,figcaption{color:var(--soft)}
    .cards{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
    .card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px;min-width:104px}
    .card b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.card span{color:var(--soft);font-size:13px}
    .row{display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start}.row>*{min-width:0;max-width:100%}
    figure{margin:0;flex:0 1 330px;min-width:260px}figcaption{font-size:13px}
    svg{width:100%;height:auto}svg text{font-size:10px}svg text.axis{font-size:11px}
    .grid{stroke:var(--line);fill:none}.line{fill:none;stroke-width:2}
    .guide{stroke:var(--soft);stroke-dasharray:4 4;stroke-width:1}
    .line.c0{stroke:var(--c0)}.line.c1{stroke:var(--c1)}.line.c2{stroke:var(--c2)}.line.c3{stroke:var(--c3)}
    circle.c0{fill:var(--c0)}circle.c1{fill:var(--c1)}circle.c2{fill:var(--c2)}circle.c3{fill:var(--c3)}
    .key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
    .key.c0{background:var(--c0)}.key.c1{background:var(--c1)}.key.c2{background:var(--c2)}.key.c3{background:var(--c3)}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:4px 0}
    th,td{border-bottom:1px solid var(--line);padding:5px 12px;text-align:right}
    th:first-child{text-align:left;font-weight:500}thead th{color:var(--soft);font-weight:500}
    .bar{display:grid;grid-template-columns:minmax(120px,260px) 1fr 64px;gap:10px;align-items:center;margin:3px 0}
    .bar i{display:block;height:12px;border-radius:3px;background:var(--c0);min-width:1px}
    @media(max-width:480px){.card{flex:1 1 40%;min-width:0;padding:8px 12px}.row{gap:14px}figure{flex-basis:100%}\
    th,td{padding:5px 8px}.bar{grid-template-columns:minmax(90px,130px) 1fr 56px;gap:8px}}
    .good{color:var(--ok)}.fair{color:var(--warning)}.poor{color:var(--critical)}
    """
}
