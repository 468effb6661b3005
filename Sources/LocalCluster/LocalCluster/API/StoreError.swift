/// Why the cluster's state cannot be opened or kept.
package enum StoreError: Error, Sendable, CustomStringConvertible {
  case inUse(folder: String)
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  case unauditable(file: String, reason: String)
  case kubeconfig(path: String, reason: String)

  package var description: String {
    switch self {
    case .inUse(let folder):
      "the state folder \(folder) is in use by another local cluster; stop that one, or choose another folder"
    case .unreadable(let file, let reason):
      "the cluster's state in \(file) cannot be read: \(reason); move the file away to begin with an empty cluster"
    case .unwritable(let file, let reason):
      "the cluster's state cannot be written to \(file): \(reason); free space or choose another folder"
    case .unauditable(let file, let reason):
      "the audit log \(file) cannot be written: \(reason); free space or choose another file"
    case .kubeconfig(let path, let reason):
      "the kubeconfig \(path) cannot be written: \(reason); choose another path"
    }
  }
}
