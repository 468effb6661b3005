import Foundation
package import Schema
import Values

/// Where a source may not lie, whatever mounts and networks there are.
package enum SourcePlace {
  /// What the kernel tells about processes and devices, and the pod's own credentials.
  package static let closedFolders = ["/proc", "/sys", "/dev", "/run/secrets", "/var/run/secrets"]

  /// The path without `.`, `..` and doubled slashes.
  package static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." { parts.append(part) } else { _ = parts.popLast() }
    }
    return "/" + parts.joined(separator: "/")
  }

  package static func lies(_ path: String, in folder: String) -> Bool {
    path == folder || folder == "/" || path.hasPrefix(folder + "/")
  }

  /// The closed folder that a normalised path lies in.
  package static func closedFolder(of path: String) -> String? { closedFolders.first { lies(path, in: $0) } }

  /// The host that a URL names, without user and port; empty where it names none.
  package static func host(of url: String) -> Substring {
    guard let scheme = url.firstRange(of: "://") else { return "" }
    var authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let user = authority.lastIndex(of: "@") { authority = authority[authority.index(after: user)...] }
    if authority.hasPrefix("[") { return authority.dropFirst().prefix { $0 != "]" } }
    return authority.prefix { $0 != ":" }
  }
}

/// A path that no worker reads.
package func fileProblems(_ uri: String, at path: String) -> [Problem] {
  guard uri.hasPrefix("file:///"), let file = uri.dropFirst("file://".count).removingPercentEncoding,
    let folder = SourcePlace.closedFolder(of: SourcePlace.normalized(file))
  else { return [] }
  return [
    Problem(
      path, "lies in \(folder), from which nothing is read",
      mend: "name a file below the storage or a volume that spec.training.template mounts")
  ]
}

/// An address that neither operator nor workers connect to.
package func addressProblems(_ url: String, at path: String, weight: Problem.Weight = .error) -> [Problem] {
  guard NetworkAddress(SourcePlace.host(of: url))?.reach == .special else { return [] }
  return [
    Problem(
      path, "names a link-local, unspecified, multicast or metadata address, to which nothing connects",
      mend: "name a server", weight: weight)
  ]
}

/// A server's URL to which a path is appended.
package func serverProblems(_ url: String, at path: String) -> [Problem] {
  guard let mark = url.first(where: { $0 == "?" || $0 == "#" }) else { return [] }
  return [
    Problem(
      path, "has a '\(mark)', behind which a path would not count", mend: "write scheme, host, port and path only",
      weight: .warning)
  ]
}
