public import ArgumentParser

/// `host:port`, `:port` (this pod's address, else every address), or `0` for none.
public struct ListenAddress: ExpressibleByArgument, Equatable, Sendable {
  /// nil: nothing is served.
  public var port: Int?
  /// nil: this pod's address, else every address.
  public var host: String?

  public init(port: Int?, host: String? = nil) {
    self.port = port
    self.host = host
  }

  public init?(argument: String) {
    if argument == "0" { return }
    guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
      (1...65535).contains(port)
    else { return nil }
    var host = argument[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    self.port = port
    self.host = host.isEmpty ? nil : String(host)
  }

  public var defaultValueDescription: String { port.map { "\(host ?? ""):\($0)" } ?? "0" }
}
