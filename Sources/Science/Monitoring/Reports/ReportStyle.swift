/// The page's style: system fonts, light or dark as the reader's system is, and fit for print.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5d6878; --line: #dfe3e9;
      --ref: #9aa7b8; --win: #1f6feb; --ok: #1a7f4b; --warning: #9a6200; --critical: #c0271d; --unknown: #5d6878; }
    @media (prefers-color-scheme: dark) { :root { --paper: #11151b; --card: #1a2029; --ink: #e4e9f0; --soft: #98a4b5;
      --line: #2c3540; --ref: #66758a; --win: #5aa2ff; --ok: #4cc38a; --warning: #e3a53b; --critical: #ff7a6e;
      --unknown: #98a4b5; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
    main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
    h1, .when, .verdict, .tile, .note { overflow-wrap: anywhere; }
    h1 { font-size: 28px; margin: 0; } h1 small { font-weight: 400; color: var(--soft); }
    h2 { font-size: 19px; margin: 34px 0 10px; } h3 { font-size: 15px; margin: 0 0 8px; overflow-wrap: anywhere; }
    .when, .note, .legend, footer { color: var(--soft); font-size: 13px; } .when { margin: 2px 0 14px; }
    .verdict { margin: 0; padding: 12px 16px; border-radius: 8px; font-weight: 600; font-size: 17px; color: #fff; }
    .verdict.ok { background: #1a7f4b; } .verdict.warning { background: #8a5800; }
    .verdict.critical { background: #b3241b; } .verdict.unknown { background: #5d6878; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin-top: 16px; }
    .tile, article, table { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
    .tile { padding: 12px 14px; border-left: 4px solid var(--line); display: flex; flex-direction: column; }
    .tile b { font-size: 22px; } .tile span { font-size: 13px; } .tile small { color: var(--soft); }
    .tile.warning { border-left-color: var(--warning); } .tile.critical { border-left-color: var(--critical); }
    /* On a phone a table moves within its own box; the page stays as wide as the screen. */
    .scroll { overflow-x: auto; max-width: 100%; }
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
    svg { display: block; } svg text { fill: var(--soft); font-size: 11px; } svg .share { font-size: 9px; }
    svg line { stroke: var(--line); } rect.ref { fill: var(--ref); } rect.win { fill: var(--win); fill-opacity: .8; }
    .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 2px 0 8px; }
    .legend .ref { background: var(--ref); } .legend .win { background: var(--win); }
    footer { margin-top: 30px; border-top: 1px solid var(--line); }
    @media (max-width: 480px) { main { padding: 18px 12px 40px; } h1 { font-size: 23px; } .verdict { font-size: 15px; }
      .tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 8px; } td.side { min-width: 150px; } }
    @media print { body { background: #fff; } article, tr { break-inside: avoid; } }
    """
}
