import Foundation
import WorkerContract

/// The folders that files of sources may lie in: the volumes that are mounted into the worker's pod. What the image, the kernel and
/// the kubelet put there is nobody's training data.
package struct SourceFolders: Sendable {
  private struct Mount {
    var path: String
    var kind: String
  }

  /// nil: pods share one machine, whose files are the author's own.
  private let mounts: [Mount]?
  /// Of this machine: what stands there for the closed folders of the pod.
  private let closed: [String]

  /// All files of this machine but those of kernel and credentials.
  package static let machine = SourceFolders(ofMachine: [:])

  /// - Parameter mounts: what the local cluster mounts into the pod: folders of this machine by their paths in the pod.
  package init(ofMachine mounts: [String: String]) {
    self.mounts = nil
    closed = mounts.filter { SourcePlace.closedFolder(of: SourcePlace.normalized($0.key)) != nil }
      .map { URL(fileURLWithPath: $0.value).resolvingSymlinksInPath().path }
  }

  /// - Parameter mountTable: `/proc/self/mountinfo`.
  package init(mountTable: String) {
    closed = []
    mounts = mountTable.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard let bar = fields.firstIndex(of: "-"), bar > 4, bar + 1 < fields.count else { return nil }
      return Mount(path: Self.unescaped(fields[4]), kind: String(fields[bar + 1]))
    }
  }

  /// Whether a file at this path may be read.
  /// - Parameter path: Absolute, without `..`. Of a file that is open: where links have led to.
  func contain(_ path: String) -> Bool {
    guard SourcePlace.closedFolder(of: path) == nil else { return false }
    guard let mounts else { return !closed.contains { SourcePlace.lies(path, in: $0) } }
    // Of two at one path, the later hides the other.
    var decisive: Mount?
    for mount in mounts where SourcePlace.lies(path, in: mount.path) {
      if mount.path.utf8.count >= decisive?.path.utf8.count ?? 0 { decisive = mount }
    }
    guard let decisive, decisive.path != "/" else { return false }
    return !Self.kubeletFiles.contains(decisive.path) && !Self.kernelKinds.contains(decisive.kind)
  }

  private static let kubeletFiles = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]

  private static let kernelKinds: Set = [
    "proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs", "tracefs", "bpf",
    "configfs", "pstore", "hugetlbfs", "fusectl", "binfmt_misc", "nsfs", "efivarfs", "selinuxfs", "autofs",
  ]

  /// Blanks and the like stand as three octal digits.
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
