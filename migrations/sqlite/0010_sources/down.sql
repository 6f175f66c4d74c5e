DROP TABLE source_figures;
