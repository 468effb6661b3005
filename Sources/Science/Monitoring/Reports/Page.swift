/// A page for people that needs nothing but itself: no script, no font, no address is loaded.
package enum Page {
  /// - Parameters:
  ///   - title: Text.
  ///   - style: CSS after what all pages have in common.
  ///   - body: HTML.
  package static func html(title: String, style: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>\(common)
    \(style)</style>
    </head>
    <body>
    <main>
    \(body)
    </main>
    </body>
    </html>

    """
  }

  /// System fonts, light or dark as the reader's system is, for screens, phones and paper.
  private static let common = """
    :root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5d6878; --line: #dfe3e9;
      --ok: #1a7f4b; --warning: #9a6200; --critical: #c0271d; }
    @media (prefers-color-scheme: dark) { :root { --paper: #11151b; --card: #1a2029; --ink: #e4e9f0; --soft: #98a4b5;
      --line: #2c3540; --ok: #4cc38a; --warning: #e3a53b; --critical: #ff7a6e; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
    main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
    h1 { font-size: 28px; margin: 0; } h2 { font-size: 19px; margin: 34px 0 10px; } h3 { font-size: 15px; margin: 0 0 8px; }
    h1, h3, p, li { overflow-wrap: anywhere; }
    /* On a phone a table moves within its own box; the page stays as wide as the screen. */
    .scroll { overflow-x: auto; max-width: 100%; }
    svg { display: block; } svg text { fill: var(--soft); font-size: 11px; }
    @media (max-width: 480px) { main { padding: 18px 12px 40px; } h1 { font-size: 23px; } }
    @media print { body { background: #fff; } }
    """
}

/// A coordinate of a drawing, with at most one decimal.
package func coordinate(_ value: Double) -> String {
  let tenths = (value * 10).rounded() / 10
  return Int(exactly: tenths).map(String.init) ?? String(tenths)
}

/// Text made safe for an element's content or a quoted attribute.
package func escaped(_ text: String) -> String {
  var output = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": output += "&amp;"
    case "<": output += "&lt;"
    case ">": output += "&gt;"
    case "\"": output += "&quot;"
    case "'": output += "&#39;"
    default: output.unicodeScalars.append(scalar)
    }
  }
  return output
}
