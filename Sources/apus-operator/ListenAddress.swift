import ArgumentParser

/// `host:port`, `:port` (this pod's address, else every address), or `0` for none.
struct ListenAddress: ExpressibleByArgument, Equatable {
  /// nil: nothing is served.
  var port: Int?
  /// nil: this pod's address, else every address.
  var host: String?

  /// Every port of the operator, unless a flag says otherwise.
  init(port: Int?, host: String? = nil) {
    self.port = port
    self.host = host
  }

  init?(argument: String) {
    if argument == "0" { return }
    guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
      (1...65535).contains(port)
    else { return nil }
    var host = argument[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    self.port = port
    self.host = host.isEmpty ? nil : String(host)
  }
}
