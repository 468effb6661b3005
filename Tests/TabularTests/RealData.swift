import Foundation
import Tabular

/// The data files beside the repository, found from the working directory or this file; nil where they are not there.
func realData(_ name: String) -> [UInt8]? {
  let source = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  let roots = [
    URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
    source.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent(),
  ]
  for root in roots {
    let file = root.appendingPathComponent("../shared/data/\(name)").standardizedFileURL
    if let data = try? Data(contentsOf: file) { return [UInt8](data) }
  }
  return nil
}
