/// What a check's page has besides the style of all pages.
enum ReportStyle {
  static let css = """
    :root { --ref: #9aa7b8; --win: #1f6feb; }
    @media (prefers-color-scheme: dark) { :root { --ref: #66758a; --win: #5aa2ff; } }
    h1 small { font-weight: 400; color: var(--soft); } .verdict, .tile { overflow-wrap: anywhere; }
    .when, .note, .legend, footer { color: var(--soft); font-size: 13px; } .when { margin: 2px 0 14px; }
    .verdict { margin: 0; padding: 12px 16px; border-radius: 8px; font-weight: 600; font-size: 17px; color: #fff; }
    .verdict.ok { background: #1a7f4b; } .verdict.warning { background: #8a5800; }
    .verdict.critical { background: #b3241b; } .verdict.unknown { background: #5d6878; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin-top: 16px; }
    .tile, article, table { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
    .tile { padding: 12px 14px; border-left: 4px solid var(--line); display: flex; flex-direction: column; }
    .tile b { font-size: 22px; } .tile span { font-size: 13px; } .tile small { color: var(--soft); }
    .tile.warning { border-left-color: var(--warning); } .tile.critical { border-left-color: var(--critical); }
    table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; overflow: hidden; }
    th, td { padding: 7px 10px; text-align: left; vertical-align: middle; border-bottom: 1px solid var(--line); }
    tbody tr:last-child > * { border-bottom: 0; } th { color: var(--soft); font-weight: 600; white-space: nowrap; }
    .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    td.side { min-width: 190px; }
    a { color: inherit; }
    .badge { display: inline-block; padding: 1px 9px; border-radius: 20px; font-size: 12px; font-weight: 600;
      border: 1px solid currentColor; vertical-align: middle; }
    .badge.ok { color: var(--ok); } .badge.warning { color: var(--warning); } .badge.critical { color: var(--critical); }
    .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(345px, 100%), 1fr)); gap: 14px; }
    article { padding: 14px; } article svg, .split svg { max-width: 100%; height: auto; }
    .split { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; } .split > * { min-width: 0; max-width: 100%; }
    .confusion { width: auto; } .confusion caption { color: var(--soft); font-size: 13px; text-align: left; padding: 4px 0; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 8px 0 0; font-size: 13px; }
    dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
    svg .share { font-size: 9px; }
    svg line { stroke: var(--line); } rect.ref { fill: var(--ref); } rect.win { fill: var(--win); fill-opacity: .8; }
    .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 2px 0 8px; }
    .legend .ref { background: var(--ref); } .legend .win { background: var(--win); }
    footer { margin-top: 30px; border-top: 1px solid var(--line); }
    @media (max-width: 480px) { .verdict { font-size: 15px; }
      .tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 8px; } td.side { min-width: 150px; } }
    @media print { article, tr { break-inside: avoid; } }
    """
}
