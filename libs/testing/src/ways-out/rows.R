# Writes the rows of the table that settings.R reads, a JSON line for each. Called with: the name of the table, the file to write.
args <- commandArgs(trailingOnly = TRUE)
source("settings.R", encoding = "UTF-8")
rows <- get(args[1])
cells <- Map(function(name, column) {
  text <- ifelse(is.na(column), "null", encodeString(column, quote = '"'))
  paste0('"', name, '":', text)
}, names(rows), rows)
writeLines(paste0("{", do.call(paste, c(unname(cells), sep = ",")), "}"), args[2], useBytes = TRUE)
