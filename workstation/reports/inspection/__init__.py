"""The inspection report of one characteristic: facts gathered from the store, then set as PDF or written as XLSX."""
