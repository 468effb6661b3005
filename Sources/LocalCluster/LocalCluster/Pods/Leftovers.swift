internal import Foundation

/// Pods' processes that a cluster could not end because it was killed itself.
///
/// Only whoever holds the state folder's lock may end them: they belong to a cluster that no longer runs.
package struct Leftovers: Sendable {
  private let folders: ClusterFolders

  /// - Parameter state: the absolute path by which the cluster was started.
  package init(state: String) { folders = ClusterFolders(state: state) }

  /// Ends them at once, those too that made a session of their own. Returns how many there were.
  @discardableResult
  package func end() -> Int {
    let ours = ContainerMark.cluster(state: folders.state)
    let count = ProcessTable.kill(marked: { $0.hasPrefix(ours) })
    let manager = FileManager.default
    for pod in (try? manager.contentsOfDirectory(atPath: folders.pods)) ?? [] {
      for container in (try? manager.contentsOfDirectory(atPath: folders.pod(pod))) ?? [] {
        let folder = folders.container(container, pod: pod)
        ProcessRecord.read(from: folder)?.endLeftover()
        ProcessRecord.remove(from: folder)
      }
    }
    return count
  }
}
